using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Operators;

/// <summary>
/// A graph that is put together at random, the same for a seed. Sizes are tracked so that most graphs are valid: a negative size
/// is that many times the number of rows.
/// </summary>
internal sealed class GraphDice
{
    private static readonly int[] Opsets = [11, 13, 17, 18, 20];
    private readonly List<Made> made = [];
    private int names;

    public GraphDice(int seed)
    {
        Random = new Random(seed);
        Opset = Opsets[Random.Next(Opsets.Length)];
        Model = new ModelBuilder("dice", Opset).Opset("ai.onnx.ml", 3).Opset("com.microsoft", 1);
        var shape = Enumerable.Range(0, Random.Next(2, 5)).Select(axis => axis == 0 ? -1L : Random.Next(2, 5)).ToArray();
        Model.Input("x", TensorType.Float, [.. shape.Select(size => size < 0 ? (Dimension)"batch" : size)]);
        made.Add(new Made("x", TensorType.Float, shape, IsExact: true));
        for (var steps = Random.Next(1, 7); steps > 0 && Rank > 0; steps--)
        {
            GraphSteps.All[Random.Next(GraphSteps.All.Length)](this);
        }

        Model.Node("Identity", [Current.Name], "y").Output("y", ValueKind.AnyRank(Current.Type));
    }

    public Random Random { get; }

    public ModelBuilder Model { get; }

    public int Opset { get; }

    public Made Current => made[^1];

    public int Rank => Current.Shape.Length;

    /// <summary>The axis of the rows; -1 where it is not tracked any more.</summary>
    public int Batch => Array.FindIndex(Current.Shape, size => size < 0);

    /// <summary>An earlier value.</summary>
    public Made Earlier => made[Random.Next(made.Count)];

    public List<string> Operators { get; } = [];

    public bool Toss(int of = 2) => Random.Next(of) == 0;

    public string Name() => $"v{names++}";

    /// <summary>Constants of few binary digits, so that sums are the same in any order.</summary>
    public string Weights(params long[] shape)
    {
        var name = Name();
        Model.Initializer(name, Floats(shape.Aggregate(1L, (product, size) => product * size)), shape);
        return name;
    }

    public float[] Floats(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => Random.Next(-8, 9) / 8f)];

    public string Longs(params long[] values)
    {
        var name = Name();
        Model.Initializer(name, values, values.Length);
        return name;
    }

    public string Number(long value)
    {
        var name = Name();
        Model.Initializer(name, [value]);
        return name;
    }

    public string Node(string op, string[] inputs, params AttributeValue[] attributes)
    {
        var name = Name();
        Operators.Add(op);
        Model.Node(op, inputs, name, attributes);
        return name;
    }

    /// <summary>Makes a value of this shape the current one.</summary>
    public void Make(long[] shape, bool isExact, string op, string[] inputs, params AttributeValue[] attributes) =>
        Take(Node(op, inputs, attributes), shape, isExact);

    public void Take(string name, long[] shape, bool isExact, TensorType type = TensorType.Float) =>
        made.Add(new Made(name, type, shape, isExact && Current.IsExact));

    /// <summary>A value of the graph. It is exact where no order of a sum changes its bits.</summary>
    internal sealed record Made(string Name, TensorType Type, long[] Shape, bool IsExact);
}
