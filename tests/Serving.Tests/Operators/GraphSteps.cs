using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Operators;

/// <summary>Steps that add nodes to a generated graph, or nothing where they do not fit. Some keep rows apart, some do not.</summary>
internal static partial class GraphSteps
{
    public static readonly Action<GraphDice>[] All =
    [
        Unary, Unary, Rounding, WithConstant, WithConstant, WithEarlier, Choose, Softmax, Reduce, Reduce, DivideByLargest, ArgMax, TopK,
            CumSum,
        LayerNorm, Quantise, QuantiseDynamically, DynamicLayer, CastAndBack, CountRows, OneHot, Compress, NonZero, Trilu,
        Transpose, Reshape, Reshape, ReshapeComputed, ReshapeComputed, Flatten, Squeeze, Unsqueeze, Gather, GatherElements, Concat,
            ConcatZeros,
        Split, Slice, SliceMost, Pad, Tile, ExpandTo, MatMul, MatMul, MatMulLeft, MatMulSelf, Gemm, Einsum, FusedMatMul,
        Conv, Pool, GlobalPool, BatchNorm, InstanceNorm, Lrn, Resize, Recurrent, Recurrent, Branch, Loop, Scan, Scale, Normalise, BiasGelu,
        SkipLayerNorm, Attention, GatherNd, ReduceAndBroadcast, MeanVariance, DepthToSpace, GatherRows, Classify, AddTransposed,
    ];

    private static void Unary(GraphDice dice)
    {
        var (op, exact) = new[] { ("Relu", true), ("Neg", true), ("Abs", true), ("Sigmoid", false), ("Tanh", false),
            ("Softplus", false) }[dice.Random.Next(6)];
        dice.Make(dice.Current.Shape, exact, op, [dice.Current.Name]);
    }

    private static void Rounding(GraphDice dice)
    {
        if (dice.Current.IsExact)
        {
            dice.Make(dice.Current.Shape, true, dice.Toss() ? "Floor" : "Round", [dice.Current.Name]);
        }
    }

    private static void WithConstant(GraphDice dice)
    {
        // Of one number, of the last axes, of all axes but the rows, and of two rows of its own.
        var from = dice.Random.Next(dice.Rank + 1);
        var shape = dice.Current.Shape[from..].Select(size => size < 0 ? dice.Toss(8) ? 2 : 1 : dice.Toss() ? size : 1).ToArray();
        var op = new[] { "Add", "Sub", "Mul", "Max", "Min", "Pow" }[dice.Random.Next(dice.Current.IsExact ? 5 : 6)];
        dice.Make(dice.Current.Shape, op != "Pow", op, [dice.Current.Name, dice.Weights(shape)]);
    }

    private static void WithEarlier(GraphDice dice)
    {
        var other = dice.Earlier;
        if (other.Type == TensorType.Float && other.Shape.SequenceEqual(dice.Current.Shape))
        {
            dice.Make(dice.Current.Shape, other.IsExact, dice.Toss() ? "Add" : "Mul", [dice.Current.Name, other.Name]);
        }
    }

    private static void AddTransposed(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[0] == -1)
        {
            var column = dice.Node("Gather", [dice.Current.Name, dice.Longs(0)], ("axis", 1));
            dice.Make(dice.Current.Shape, true, "Mul",
                [dice.Current.Name, dice.Node("ReduceMax", [dice.Node("Transpose", [column])], ("keepdims", dice.Random.Next(2)))]);
        }
    }

    private static void Choose(GraphDice dice)
    {
        if (dice.Current.IsExact)
        {
            var zero = dice.Weights();
            dice.Make(
                dice.Current.Shape, true, "Where",
                [dice.Node("Greater", [dice.Current.Name, zero]), dice.Current.Name,
                    dice.Weights(dice.Current.Shape[^1..].Select(size => Math.Max(1, size)).ToArray())]);
        }
    }

    private static void Softmax(GraphDice dice) => dice.Make(
        dice.Current.Shape, false, dice.Toss() ? "Softmax" : "LogSoftmax", [dice.Current.Name],
            ("axis", dice.Random.Next(-dice.Rank, dice.Rank)));

    private static void Reduce(GraphDice dice)
    {
        var op = new[] { "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceLogSumExp" }[dice.Random.Next(6)];
        var axes = Enumerable.Range(0, dice.Rank).Where(axis => axis == dice.Batch ? dice.Toss(6) : dice.Toss()).Select(axis =>
            (long)axis).ToArray();
        if (axes.Length == 0)
        {
            return;
        }

        var keep = dice.Random.Next(2);
        var shape = keep == 1
            ? dice.Current.Shape.Select((size, axis) => axes.Contains(axis) ? 1 : size).ToArray()
            : dice.Current.Shape.Where((_, axis) => !axes.Contains(axis)).ToArray();
        var isExact = op is "ReduceSum" or "ReduceMax" or "ReduceMin";
        if (dice.Opset >= (op == "ReduceSum" ? 13 : 18))
        {
            dice.Make(shape, isExact, op, [dice.Current.Name, dice.Longs(axes)], ("keepdims", keep));
        }
        else
        {
            dice.Make(shape, isExact, op, [dice.Current.Name], ("axes", axes), ("keepdims", keep));
        }
    }

    private static void ReduceAndBroadcast(GraphDice dice)
    {
        var axis = dice.Random.Next(dice.Rank);
        var most = dice.Node("ArgMax", [dice.Current.Name], ("axis", axis), ("keepdims", 1));
        if (dice.Current.IsExact)
        {
            dice.Make(dice.Current.Shape, true, "Add", [dice.Current.Name, dice.Node("Cast", [most], ("to", 1))]);
        }
    }

    private static void DivideByLargest(GraphDice dice)
    {
        if (dice.Toss(3))
        {
            var most = dice.Node("ReduceMax", [dice.Node("Abs", [dice.Current.Name])], ("keepdims", 0));
            dice.Make(dice.Current.Shape, false, "Div", [dice.Current.Name, most]);
        }
    }

    private static void MeanVariance(GraphDice dice)
    {
        if (dice.Rank == 4)
        {
            dice.Make(dice.Current.Shape, false, "MeanVarianceNormalization", [dice.Current.Name],
                ("axes", dice.Toss() ? [0, 2, 3] : new long[] { 1, 2, 3 }));
        }
    }

    private static void ArgMax(GraphDice dice)
    {
        if (!dice.Current.IsExact)
        {
            return;
        }

        var axis = dice.Random.Next(dice.Rank);
        var place = dice.Node(dice.Toss() ? "ArgMax" : "ArgMin", [dice.Current.Name], ("axis", axis), ("keepdims", 0));
        dice.Take(dice.Node("Cast", [place], ("to", 1)), [.. dice.Current.Shape.Where((_, i) => i != axis)], true);
    }

    private static void TopK(GraphDice dice)
    {
        var axis = dice.Random.Next(dice.Rank);
        var name = dice.Name();
        dice.Operators.Add("TopK");
        dice.Model.Node("TopK", [dice.Current.Name, dice.Longs(1)], [name, dice.Name()], ("axis", axis));
        dice.Take(name, [.. dice.Current.Shape.Select((size, i) => i == axis ? 1 : size)], true);
    }

    private static void CumSum(GraphDice dice)
    {
        var axis = dice.Toss(4) ? dice.Random.Next(dice.Rank) : dice.Rank - 1;
        dice.Make(dice.Current.Shape, true, "CumSum", [dice.Current.Name, dice.Number(axis)], ("reverse", dice.Random.Next(2)));
    }

    private static void LayerNorm(GraphDice dice)
    {
        if (dice.Current.Shape[^1] > 0 && dice.Opset >= 17)
        {
            dice.Make(dice.Current.Shape, false, "LayerNormalization", [dice.Current.Name, dice.Weights(dice.Current.Shape[^1])],
                ("axis", -1));
        }
    }

    private static void Quantise(GraphDice dice)
    {
        if (dice.Current.IsExact)
        {
            var (scale, zero) = (dice.Name(), dice.Name());
            dice.Model.Initializer(scale, [0.25f]).Initializer(zero, [(byte)128]);
            dice.Make(
                dice.Current.Shape, true, "DequantizeLinear", [dice.Node("QuantizeLinear", [dice.Current.Name, scale, zero]), scale, zero]);
        }
    }

    private static void QuantiseDynamically(GraphDice dice)
    {
        if (dice.Toss(3) && dice.Current.IsExact)
        {
            string[] parts = [dice.Name(), dice.Name(), dice.Name()];
            dice.Operators.Add("DynamicQuantizeLinear");
            dice.Model.Node("DynamicQuantizeLinear", [dice.Current.Name], parts);
            dice.Make(dice.Current.Shape, true, "DequantizeLinear", parts);
        }
    }

    private static void DynamicLayer(GraphDice dice)
    {
        if (!dice.Toss(3) || !dice.Current.IsExact || dice.Current.Shape[^1] < 0)
        {
            return;
        }

        string[] parts = [dice.Name(), dice.Name(), dice.Name()];
        var weights = dice.Name();
        dice.Model.Initializer(weights,
            [.. Enumerable.Range(0, (int)dice.Current.Shape[^1] * 3).Select(_ => (sbyte)dice.Random.Next(-100, 100))],
            dice.Current.Shape[^1], 3);
        dice.Operators.Add("DynamicQuantizeLinear");
        dice.Model.Node("DynamicQuantizeLinear", [dice.Current.Name], parts);
        var product = dice.Node("Cast", [dice.Node("MatMulInteger", [parts[0], weights, parts[2]])], ("to", 1));
        dice.Make([.. dice.Current.Shape[..^1], 3], true, "Mul", [product, parts[1]]);
    }

    private static void CastAndBack(GraphDice dice)
    {
        if (dice.Current.IsExact)
        {
            dice.Make(dice.Current.Shape, true, "Cast", [dice.Node("Cast", [dice.Current.Name], ("to", 7))], ("to", 1));
        }
    }

    private static void CountRows(GraphDice dice)
    {
        if (dice.Toss(3))
        {
            var count = dice.Node("Gather", [dice.Node("Shape", [dice.Current.Name]), dice.Number(dice.Random.Next(dice.Rank))]);
            dice.Make(dice.Current.Shape, false, "Div", [dice.Current.Name, dice.Node("Cast", [count], ("to", 1))]);
        }
    }

    private static void OneHot(GraphDice dice)
    {
        if (dice.Current.IsExact && dice.Rank < 4 && dice.Current.Shape[^1] > 0)
        {
            var place = dice.Node("ArgMax", [dice.Current.Name], ("axis", -1), ("keepdims", 0));
            var shape = dice.Current.Shape[..^1];
            var axis = dice.Random.Next(shape.Length + 1);
            dice.Make([.. shape[..axis], 5, .. shape[axis..]], true, "OneHot", [place, dice.Longs(5), dice.Weights(2)], ("axis", axis));
        }
    }

    private static void Compress(GraphDice dice)
    {
        if (dice.Toss(3))
        {
            var (axis, condition) = (dice.Random.Next(dice.Rank), dice.Name());
            dice.Model.Initializer(condition, [false, true], 2);
            dice.Make([.. dice.Current.Shape.Select((size, i) => i == axis ? 1 : size)], true, "Compress",
                [dice.Current.Name, condition], ("axis", axis));
        }
    }

    private static void NonZero(GraphDice dice)
    {
        if (dice.Toss(4))
        {
            var places = dice.Node("Cast", [dice.Node("NonZero", [dice.Current.Name])], ("to", 1));
            dice.Make(dice.Current.Shape, true, "Add", [dice.Current.Name, dice.Node("ReduceMax", [places], ("keepdims", 0))]);
        }
    }

    private static void Trilu(GraphDice dice)
    {
        if (dice.Opset >= 14)
        {
            dice.Make(dice.Current.Shape, true, "Trilu", [dice.Current.Name], ("upper", dice.Random.Next(2)));
        }
    }

    private static void Scale(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[1] > 0)
        {
            dice.Make(
                dice.Current.Shape, true, "ai.onnx.ml::Scaler", [dice.Current.Name],
                AttributeValue.Of("offset", dice.Floats(dice.Current.Shape[1])),
                    AttributeValue.Of("scale", dice.Floats(dice.Current.Shape[1])));
        }
    }

    private static void Normalise(GraphDice dice)
    {
        if (dice.Rank <= 2)
        {
            dice.Make(dice.Current.Shape, false, "ai.onnx.ml::Normalizer", [dice.Current.Name], ("norm", dice.Toss() ? "MAX" : "L1"));
        }
    }

    private static void Classify(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[1] > 0 && dice.Current.IsExact)
        {
            var (label, scores) = (dice.Name(), dice.Name());
            dice.Operators.Add("ai.onnx.ml::LinearClassifier");
            dice.Model.Node(
                "ai.onnx.ml::LinearClassifier", [dice.Current.Name], [label, scores],
                AttributeValue.Of("coefficients", dice.Floats(dice.Current.Shape[1] * 3)), AttributeValue.Of("intercepts", dice.Floats(3)),
                AttributeValue.Of("classlabels_ints", [0, 1, 2]));
            dice.Take(dice.Toss() ? scores : dice.Node("Cast", [label], ("to", 1)), [dice.Current.Shape[0], 3], true);
        }
    }

    private static void BiasGelu(GraphDice dice)
    {
        if (dice.Current.Shape[^1] > 0)
        {
            dice.Make(dice.Current.Shape, false, "com.microsoft::BiasGelu", [dice.Current.Name, dice.Weights(dice.Current.Shape[^1])]);
        }
    }

    private static void SkipLayerNorm(GraphDice dice)
    {
        if (dice.Rank == 3 && dice.Current.Shape[^1] > 0)
        {
            dice.Make(
                dice.Current.Shape, false, "com.microsoft::SkipLayerNormalization",
                [dice.Current.Name, dice.Node("Neg", [dice.Node("Relu", [dice.Current.Name])]), dice.Weights(dice.Current.Shape[^1])]);
        }
    }
}
