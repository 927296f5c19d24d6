using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Operators;

internal static partial class GraphSteps
{
    private static void MatMul(GraphDice dice)
    {
        if (dice.Current.Shape[^1] > 0)
        {
            dice.Make([.. dice.Current.Shape[..^1], 3], true, "MatMul", [dice.Current.Name, dice.Weights(dice.Current.Shape[^1], 3)]);
        }
    }

    private static void MatMulLeft(GraphDice dice)
    {
        if (dice.Rank >= 3 && dice.Current.Shape[^2] > 0)
        {
            dice.Make([.. dice.Current.Shape[..^2], 2, dice.Current.Shape[^1]], true, "MatMul",
                [dice.Weights(2, dice.Current.Shape[^2]), dice.Current.Name]);
        }
    }

    private static void MatMulSelf(GraphDice dice)
    {
        if (dice.Rank is 2 or 3)
        {
            var turned = dice.Node("Transpose", [dice.Current.Name], ("perm", dice.Rank == 2 ? [1, 0] : new long[] { 0, 2, 1 }));
            dice.Make([.. dice.Current.Shape[..^1], dice.Current.Shape[^2]], true, "MatMul", [dice.Current.Name, turned]);
        }
    }

    private static void Gemm(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[1] > 0 && dice.Current.Shape[0] < 0)
        {
            dice.Make(
                [dice.Current.Shape[0], 2], true, "Gemm",
                    [dice.Current.Name, dice.Weights(2, dice.Current.Shape[1]), dice.Weights(dice.Toss() ? [2] : [1, 1])],
                ("transB", 1));
        }
        else if (dice.Rank == 2 && dice.Current.Shape[0] > 0)
        {
            dice.Make([dice.Current.Shape[1], 2], true, "Gemm", [dice.Current.Name, dice.Weights(dice.Current.Shape[0], 2)], ("transA", 1));
        }
    }

    private static void FusedMatMul(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[1] > 0)
        {
            dice.Make([dice.Current.Shape[0], 2], true, "com.microsoft::FusedMatMul",
                [dice.Current.Name, dice.Weights(2, dice.Current.Shape[1])], ("transB", 1));
        }
    }

    private static void Einsum(GraphDice dice)
    {
        // A squeeze may leave an operand with fewer axes than the equation has, which ends the process in ONNX Runtime 1.31.
        if (dice.Rank != 3 || dice.Opset < 12 || dice.Operators.Contains("Squeeze"))
        {
            return;
        }

        var shape = dice.Current.Shape;
        switch (dice.Random.Next(4))
        {
            case 0 when shape[2] > 0:
                dice.Make([shape[0], shape[1], 2], true, "Einsum", [dice.Current.Name, dice.Weights(shape[2], 2)],
                    ("equation", "nij,jk->nik"));
                break;
            case 1:
                dice.Make([shape[0], shape[1], shape[1]], true, "Einsum", [dice.Current.Name, dice.Current.Name],
                    ("equation", "nij,nkj->nik"));
                break;
            case 2:
                dice.Make([shape[2], shape[0]], true, "Einsum", [dice.Current.Name], ("equation", "nij->jn"));
                break;
            default:
                dice.Make([shape[1], shape[2]], true, "Einsum", [dice.Current.Name], ("equation", "nij->ij"));
                break;
        }
    }

    private static void Conv(GraphDice dice)
    {
        if (dice.Rank >= 3 && dice.Current.Shape[1] > 0 && dice.Current.Shape[2..].All(size => size > 1))
        {
            long[] kernel = [.. dice.Current.Shape[2..].Select(_ => 2L)];
            dice.Make(
                [dice.Current.Shape[0], 2, .. dice.Current.Shape[2..].Select(size => size - 1)], false, "Conv",
                [dice.Current.Name, dice.Weights([2, dice.Current.Shape[1], .. kernel])], ("kernel_shape", kernel));
        }
    }

    private static void Pool(GraphDice dice)
    {
        if (dice.Rank >= 3 && dice.Current.Shape[2..].All(size => size > 1))
        {
            var op = dice.Toss() ? "MaxPool" : "AveragePool";
            dice.Make(
                [dice.Current.Shape[0], dice.Current.Shape[1], .. dice.Current.Shape[2..].Select(size => size - 1)], op == "MaxPool", op,
                [dice.Current.Name], ("kernel_shape", dice.Current.Shape[2..].Select(_ => 2L).ToArray()));
        }
    }

    private static void GlobalPool(GraphDice dice)
    {
        if (dice.Rank >= 3 && dice.Current.Shape[2..].All(size => size > 0))
        {
            dice.Make([dice.Current.Shape[0], dice.Current.Shape[1], .. dice.Current.Shape[2..].Select(_ => 1L)], false,
                "GlobalAveragePool", [dice.Current.Name]);
        }
    }

    private static void BatchNorm(GraphDice dice)
    {
        if (dice.Current.Shape is [_, > 0 and var channels, ..])
        {
            var variance = dice.Name();
            dice.Model.Initializer(variance, [.. Enumerable.Repeat(0.5f, (int)channels)], channels);
            string[] inputs = [dice.Current.Name, dice.Weights(channels), dice.Weights(channels), dice.Weights(channels), variance];
            if (dice.Opset >= 14 && dice.Toss(4))
            {
                string[] outputs = [dice.Name(), dice.Name(), dice.Name()];
                dice.Operators.Add("BatchNormalization");
                dice.Model.Node("BatchNormalization", inputs, outputs, ("training_mode", 1));
                dice.Take(outputs[0], dice.Current.Shape, false);
            }
            else
            {
                dice.Make(dice.Current.Shape, false, "BatchNormalization", inputs);
            }
        }
    }

    private static void InstanceNorm(GraphDice dice)
    {
        if (dice.Rank >= 3 && dice.Current.Shape[1] > 0)
        {
            dice.Make(
                dice.Current.Shape, false, "InstanceNormalization",
                [dice.Current.Name, dice.Weights(dice.Current.Shape[1]), dice.Weights(dice.Current.Shape[1])]);
        }
    }

    private static void Lrn(GraphDice dice)
    {
        if (dice.Rank == 4)
        {
            dice.Make(dice.Current.Shape, false, "LRN", [dice.Current.Name], ("size", 3));
        }
    }

    private static void DepthToSpace(GraphDice dice)
    {
        if (dice.Rank == 4 && dice.Current.Shape is [_, 4, > 0, > 0])
        {
            dice.Make([dice.Current.Shape[0], 1, dice.Current.Shape[2] * 2, dice.Current.Shape[3] * 2], true, "DepthToSpace",
                [dice.Current.Name], ("blocksize", 2));
        }
    }

    private static void Resize(GraphDice dice)
    {
        if (dice.Rank == 4 && dice.Opset >= 13)
        {
            var scales = dice.Name();
            float[] factors = dice.Toss(5) ? [2, 1, 1, 1] : [1, 1, 2, 2];
            dice.Model.Initializer(scales, factors, 4);
            dice.Make(
                [dice.Current.Shape[0], dice.Current.Shape[1], dice.Current.Shape[2] * 2, dice.Current.Shape[3] * 2], true, "Resize",
                [dice.Current.Name, "", scales], ("mode", "nearest"));
        }
    }

    private static void Recurrent(GraphDice dice)
    {
        // What is left of one row may be nothing, and a GRU of no rows ends the process in ONNX Runtime 1.31.
        if (dice.Rank != 3 || dice.Current.Shape[2] < 0 || dice.Operators.Contains("Compress"))
        {
            return;
        }

        // The batch is the second axis here: rows at the first are steps in time.
        var (name, shape, turned) = (dice.Current.Name, dice.Current.Shape, dice.Toss());
        if (turned)
        {
            (name, shape) = (dice.Node("Transpose", [name], ("perm", new long[] { 1, 0, 2 })), [shape[1], shape[0], shape[2]]);
        }

        var (op, gates) = new[] { ("RNN", 1), ("GRU", 3), ("LSTM", 4) }[dice.Random.Next(3)];
        string[] outputs = [dice.Name(), dice.Name()];
        string[] inputs = [name, dice.Weights(1, gates * 2, shape[2]), dice.Weights(1, gates * 2, 2)];
        dice.Operators.Add(op);
        dice.Model.Node(op, inputs, outputs, ("hidden_size", 2));
        if (turned)
        {
            dice.Make([shape[1], shape[0], 1, 2], false, "Transpose", [outputs[0]], ("perm", new long[] { 2, 0, 1, 3 }));
        }
        else
        {
            dice.Take(outputs[1], [1, shape[1], 2], false);
        }
    }

    private static void Branch(GraphDice dice)
    {
        var (condition, name) = (dice.Name(), dice.Name());
        var (then, other) = (new Subgraph("then"), new Subgraph("else"));
        dice.Model.Initializer(condition, [dice.Toss()]);
        then.Node("Abs", [dice.Current.Name], name + "t").Output(name + "t", ValueKind.AnyRank(TensorType.Float));
        other.Node("Neg", [dice.Current.Name], name + "e").Output(name + "e", ValueKind.AnyRank(TensorType.Float));
        dice.Make(dice.Current.Shape, true, "If", [condition], ("then_branch", then), ("else_branch", other));
    }

    private static void Loop(GraphDice dice)
    {
        var name = dice.Name();
        var evil = dice.Toss(3);
        var body = new Subgraph("body")
            .Input(name + "i", TensorType.Int64).Input(name + "c", TensorType.Bool).Input(name + "s", ValueKind.AnyRank(TensorType.Float))
            .Node("Identity", [name + "c"], name + "d");
        if (evil)
        {
            body.Node("ReduceMax", [name + "s"], name + "m", ("keepdims", 0)).Node("Sub", [name + "s", name + "m"], name + "r");
        }
        else
        {
            body.Node("Add", [name + "s", dice.Current.Name], name + "r");
        }

        body.Output(name + "d", TensorType.Bool).Output(name + "r", ValueKind.AnyRank(TensorType.Float));
        dice.Make(dice.Current.Shape, true, "Loop", [dice.Number(3), "", dice.Current.Name], ("body", body));
    }

    private static void Scan(GraphDice dice)
    {
        var (name, axis, state) = (dice.Name(), Axis(dice), dice.Name());
        if (dice.Rank != 2 || dice.Current.Shape[1] < 0)
        {
            return;
        }

        dice.Model.Initializer(state, [0f]);
        var first = axis == 0 ? state : dice.Node("Gather", [dice.Current.Name, dice.Number(0)], ("axis", 1));
        var body = new Subgraph("body")
            .Input(name + "s", ValueKind.AnyRank(TensorType.Float)).Input(name + "x", ValueKind.AnyRank(TensorType.Float))
            .Node("Max", [name + "s", name + "x"], name + "t")
            .Output(name + "t", ValueKind.AnyRank(TensorType.Float));
        if (axis == 1)
        {
            dice.Make(
                [dice.Current.Shape[0]], true, "Scan", [first, dice.Current.Name], ("body", body), ("num_scan_inputs", 1),
                ("scan_input_axes", new long[] { 1 }));
        }
    }

    private static void Attention(GraphDice dice)
    {
        if (dice.Rank == 3 && dice.Current.Shape[0] == -1 && dice.Current.Shape[1] > 0 && dice.Current.Shape[2] is > 0 and var width)
        {
            if (dice.Toss())
            {
                var query = dice.Node("MatMul", [dice.Current.Name, dice.Weights(width, width)]);
                dice.Make(dice.Current.Shape, false, "com.microsoft::MultiHeadAttention", [query, dice.Current.Name, dice.Current.Name],
                    ("num_heads", 1));
            }
            else
            {
                dice.Make(
                    dice.Current.Shape, false, "com.microsoft::Attention",
                        [dice.Current.Name, dice.Weights(width, 3 * width), dice.Weights(3 * width)], ("num_heads", 1));
            }
        }
    }
}
