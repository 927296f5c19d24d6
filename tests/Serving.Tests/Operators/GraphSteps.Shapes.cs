using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Operators;

internal static partial class GraphSteps
{
    private static void Transpose(GraphDice dice)
    {
        var order = Enumerable.Range(0, dice.Rank).ToArray();
        dice.Random.Shuffle(order);
        dice.Make([.. order.Select(axis => dice.Current.Shape[axis])], true, "Transpose", [dice.Current.Name],
            ("perm", order.Select(axis => (long)axis).ToArray()));
    }

    private static void Reshape(GraphDice dice)
    {
        var row = Elements(dice);
        long[] target = dice.Random.Next(5) switch
        {
            0 => [0, -1],
            1 => [-1, Math.Max(1, dice.Current.Shape[^1])],
            2 => [-1, row, 1],
            3 => [-1, 1, dice.Toss() ? row : 2],
            _ => [Math.Max(1, dice.Current.Shape[^1]), -1],
        };
        Reshape(dice, dice.Longs(target), target);
    }

    /// <summary>As exporters write it: the number of rows is read from a shape.</summary>
    private static void ReshapeComputed(GraphDice dice)
    {
        if (dice.Current.Shape[0] != -1)
        {
            return;
        }

        var count = dice.Node("Gather", [dice.Node("Shape", [dice.Toss() ? "x" : dice.Current.Name]), dice.Longs(0)]);
        var last = Math.Max(1, dice.Current.Shape[^1]);
        var (target, values) = dice.Random.Next(4) switch
        {
            0 => (dice.Node("Concat", [count, dice.Longs(-1)], ("axis", 0)), new long[] { 0, -1 }),
            1 => (dice.Node("Concat", [count, dice.Longs(-1, last)], ("axis", 0)), [0, -1, last]),
            2 => (dice.Node("Concat", [dice.Longs(-1), count], ("axis", 0)), [Elements(dice), -100]),
            _ => (dice.Node("Concat", [dice.Node("Mul", [count, dice.Longs(last)]), dice.Longs(-1)], ("axis", 0)), [-last, -1]),
        };
        Reshape(dice, target, values);
    }

    private static void Flatten(GraphDice dice)
    {
        var axis = dice.Toss(3) ? dice.Random.Next(dice.Rank + 1) : 1;
        dice.Make([Size(dice.Current.Shape[..axis]), Size(dice.Current.Shape[axis..])], true, "Flatten", [dice.Current.Name],
            ("axis", axis));
    }

    private static void Squeeze(GraphDice dice)
    {
        var axes = Enumerable.Range(0, dice.Rank).Where(axis => dice.Current.Shape[axis] == 1).Select(axis => (long)axis).ToArray();
        var shape = dice.Current.Shape.Where(size => size != 1).ToArray();
        if (shape.Length > 0 && dice.Toss())
        {
            dice.Make(shape, true, "Squeeze", [dice.Current.Name]);
        }
        else if (axes.Length > 0 && shape.Length > 0)
        {
            WithAxes(dice, shape, "Squeeze", axes);
        }
    }

    private static void Unsqueeze(GraphDice dice)
    {
        if (dice.Rank < 4)
        {
            var axis = dice.Random.Next(dice.Rank + 1);
            WithAxes(dice, [.. dice.Current.Shape[..axis], 1, .. dice.Current.Shape[axis..]], "Unsqueeze", [axis]);
        }
    }

    private static void Gather(GraphDice dice)
    {
        var axis = Axis(dice);
        var (before, after) = (dice.Current.Shape[..axis], dice.Current.Shape[(axis + 1)..]);
        if (dice.Toss())
        {
            dice.Make([.. before, .. after], true, "Gather", [dice.Current.Name, dice.Number(0)], ("axis", axis));
        }
        else
        {
            dice.Make([.. before, 3, .. after], true, "Gather", [dice.Current.Name, dice.Longs(0, -1, 0)], ("axis", axis));
        }
    }

    /// <summary>Rows of a constant table, looked up by what is in the rows.</summary>
    private static void GatherRows(GraphDice dice)
    {
        if (dice.Current.IsExact && dice.Rank < 4 && dice.Current.Shape[^1] > 0)
        {
            var place = dice.Node("ArgMax", [dice.Current.Name], ("axis", -1), ("keepdims", 0));
            dice.Make([.. dice.Current.Shape[..^1], 2], true, "Gather", [dice.Weights(dice.Current.Shape[^1], 2), place], ("axis", 0));
        }
    }

    private static void GatherElements(GraphDice dice)
    {
        if (dice.Current.IsExact)
        {
            var (of, axis) = (dice.Random.Next(dice.Rank), dice.Random.Next(dice.Rank));
            var place = dice.Node("ArgMax", [dice.Current.Name], ("axis", of), ("keepdims", 1));
            dice.Make([.. dice.Current.Shape.Select((size, i) => i == of ? 1 : size)], true, "GatherElements",
                [dice.Current.Name, place], ("axis", axis));
        }
    }

    private static void GatherNd(GraphDice dice)
    {
        if (dice.Current.IsExact && dice.Rank == 2 && dice.Current.Shape[1] > 0 && dice.Opset >= 12)
        {
            var place = dice.Node("ArgMax", [dice.Current.Name], ("axis", 1), ("keepdims", 1));
            dice.Make([dice.Current.Shape[0]], true, "GatherND", [dice.Current.Name, place], ("batch_dims", dice.Toss(3) ? 0 : 1));
        }
    }

    private static void Concat(GraphDice dice)
    {
        var other = dice.Earlier;
        var axis = Axis(dice);
        if (other.Type == TensorType.Float && other.Shape.Length == dice.Rank
            && other.Shape.Where((_, i) => i != axis).SequenceEqual(dice.Current.Shape.Where((_, i) => i != axis)))
        {
            dice.Make(
                [.. dice.Current.Shape.Select((size, i) => i == axis ? size + other.Shape[i] : size)], other.IsExact, "Concat",
                [dice.Current.Name, other.Name], ("axis", axis));
        }
    }

    /// <summary>Zeros for as many rows as there are, beside the rows.</summary>
    private static void ConcatZeros(GraphDice dice)
    {
        if (dice.Rank == 2 && dice.Current.Shape[0] == -1 && dice.Current.Shape[1] > 0)
        {
            var count = dice.Node("Gather", [dice.Node("Shape", [dice.Current.Name]), dice.Longs(0)]);
            var zeros = dice.Node("ConstantOfShape", [dice.Node("Concat", [count, dice.Longs(2)], ("axis", 0))]);
            dice.Make([-1, dice.Current.Shape[1] + 2], true, "Concat", [zeros, dice.Current.Name], ("axis", 1));
        }
    }

    private static void Split(GraphDice dice)
    {
        var axis = Axis(dice);
        if (dice.Current.Shape[axis] is -1 or < -1 || dice.Current.Shape[axis] % 2 != 0)
        {
            return;
        }

        string[] parts = [dice.Name(), dice.Name()];
        dice.Operators.Add("Split");
        if (dice.Opset >= 18)
        {
            dice.Model.Node("Split", [dice.Current.Name], parts, ("axis", axis), ("num_outputs", 2));
        }
        else
        {
            dice.Model.Node("Split", [dice.Current.Name], parts, ("axis", axis));
        }

        dice.Take(parts[dice.Random.Next(2)], [.. dice.Current.Shape.Select((size, i) => i == axis ? size / 2 : size)], true);
    }

    private static void Slice(GraphDice dice)
    {
        var axis = Axis(dice);
        dice.Make(
            [.. dice.Current.Shape.Select((size, i) => i == axis ? 1 : size)], true, "Slice",
            [dice.Current.Name, dice.Longs(0), dice.Longs(1), dice.Longs(axis)]);
    }

    /// <summary>Everything, or everything in the other order.</summary>
    private static void SliceMost(GraphDice dice)
    {
        var (axis, turned) = (Axis(dice), dice.Toss(3));
        dice.Make(
            dice.Current.Shape, true, "Slice",
            [dice.Current.Name, dice.Longs(turned ? -1 : 0), dice.Longs(turned ? -long.MaxValue : long.MaxValue), dice.Longs(axis),
                dice.Longs(turned ? -1 : 1)]);
    }

    private static void Pad(GraphDice dice)
    {
        var axis = Axis(dice);
        var pads = new long[dice.Rank * 2];
        pads[axis] = 1;
        dice.Make([.. dice.Current.Shape.Select((size, i) => i == axis ? size + 1 : size)], true, "Pad",
            [dice.Current.Name, dice.Longs(pads)]);
    }

    private static void Tile(GraphDice dice)
    {
        var axis = Axis(dice);
        long[] times = [.. Enumerable.Range(0, dice.Rank).Select(i => i == axis ? 2L : 1)];
        dice.Make([.. dice.Current.Shape.Select((size, i) => size * times[i])], true, "Tile", [dice.Current.Name, dice.Longs(times)]);
    }

    /// <summary>A constant for each row, as class tokens are added.</summary>
    private static void ExpandTo(GraphDice dice)
    {
        if (dice.Rank == 3 && dice.Current.Shape[0] == -1 && dice.Current.Shape[1] > 0 && dice.Current.Shape[2] > 0)
        {
            var count = dice.Node("Gather", [dice.Node("Shape", [dice.Current.Name]), dice.Longs(0)]);
            var shape = dice.Node("Concat", [count, dice.Longs(1, dice.Current.Shape[2])], ("axis", 0));
            var token = dice.Node("Expand", [dice.Weights(1, 1, dice.Current.Shape[2]), shape]);
            dice.Make([-1, dice.Current.Shape[1] + 1, dice.Current.Shape[2]], true, "Concat", [token, dice.Current.Name], ("axis", 1));
        }
    }

    /// <summary>Mostly another axis than that of the rows.</summary>
    private static int Axis(GraphDice dice)
    {
        var axis = dice.Random.Next(dice.Rank);
        return axis == dice.Batch && !dice.Toss(4) ? (axis + 1) % dice.Rank : axis;
    }

    private static long Elements(GraphDice dice) => Math.Abs(Size(dice.Current.Shape));

    private static long Size(long[] shape) =>
        shape.Aggregate(1L, (product, size) => Math.Abs(product * size) * (product < 0 || size < 0 ? -1 : 1));

    private static void WithAxes(GraphDice dice, long[] shape, string op, long[] axes)
    {
        if (dice.Opset >= 13)
        {
            dice.Make(shape, true, op, [dice.Current.Name, dice.Longs(axes)]);
        }
        else
        {
            dice.Make(shape, true, op, [dice.Current.Name], ("axes", axes));
        }
    }

    /// <summary>Of the values -100 is the number of rows, and others below -1 are so many times that.</summary>
    private static void Reshape(GraphDice dice, string target, long[] values)
    {
        var shape = values.Select((size, axis) => size == 0 ? dice.Current.Shape[axis] : size == -100 ? -1 : size).ToArray();
        var free = Array.IndexOf(values, -1);
        if (free >= 0)
        {
            var others = Math.Abs(Size([.. shape.Where((_, axis) => axis != free)]));
            var rows = shape.Where((size, axis) => axis != free).All(size => size > 0) && dice.Batch >= 0;
            if (others == 0 || Elements(dice) % others != 0)
            {
                return;
            }

            shape[free] = Elements(dice) / others * (rows ? -1 : 1);
        }

        dice.Make(shape, true, "Reshape", [dice.Current.Name, target]);
    }
}
