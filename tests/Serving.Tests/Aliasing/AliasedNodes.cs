using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Aliasing;

/// <summary>Nodes, alone or a few together, that hand a value of [rows, 4] on as it is.</summary>
internal static class AliasedNodes
{
    public delegate void Writer(ModelBuilder model, string from, string to, TensorType type);

    private static readonly Writer[] OfAllTypes =
    [
        (model, from, to, _) => model.Node("Identity", [from], to),
        (model, from, to, _) => model.Node("Reshape", [from, "same"], to),
        (model, from, to, _) => model.Node("Reshape", [from, "halves"], $"{to}a").Node("Reshape", [$"{to}a", "same"], to),
        (model, from, to, _) => model.Node("Unsqueeze", [from, "one"], $"{to}a").Node("Squeeze", [$"{to}a", "one"], to),
        (model, from, to, _) => model.Node("Flatten", [from], to, ("axis", 1)),
        (model, from, to, _) => model.Node("Slice", [from, "zero", "end", "one"], to),
        (model, from, to, _) => model.Node("Transpose", [from], $"{to}a").Node("Transpose", [$"{to}a"], to),
        (model, from, to, _) => model.Node("Concat", [from], to, ("axis", 1)),
        (model, from, to, _) => model.Node("Split", [from, "four"], [to], ("axis", 1)),
        (model, from, to, _) => model.Node("Gather", [from, "columns"], to, ("axis", 1)),
        (model, from, to, _) => model.Node("SequenceConstruct", [from], $"{to}a").Node("SequenceAt", [$"{to}a", "none"], to),
        (model, from, to, _) => model.Node("Optional", [from], $"{to}a").Node("OptionalGetElement", [$"{to}a"], to),
        (model, from, to, type) => model.Node("If", ["yes"], to, ("then_branch", Branch("then", from, to, type)), ("else_branch", Branch("else", from, to, type))),
        (model, from, to, type) => model.Node("Loop", ["none", "yes", from], to, ("body", Body(to, type))),
        (model, from, to, type) => model.Node("Loop", ["turns", "yes", from], to, ("body", Body(to, type))),
    ];

    private static readonly Writer[] OfNumbers =
    [
        (model, from, to, type) => model.Node("Cast", [from], to, ("to", (long)type)),
        (model, from, to, _) => model.Node("Expand", [from, "ones"], to),
        (model, from, to, _) => model.Node("Tile", [from, "ones"], to),
        (model, from, to, _) => model.Node("Pad", [from, "padding"], to),
    ];

    private static readonly Writer[] OfFloats =
    [
        (model, from, to, _) => model.Node("Dropout", [from], to),
        (model, from, to, _) => model.Node("Add", [from, "nought"], to),
        (model, from, to, _) => model.Node("Mul", [from, "unit"], to),
        (model, from, to, _) => model.Node("Clip", [from], to),
        (model, from, to, _) => model.Node("Sum", [from], to),
        (model, from, to, _) => model.Node("Max", [from], to),
    ];

    /// <summary>A model with the constants that the nodes refer to.</summary>
    public static ModelBuilder Begin(string name) => new ModelBuilder(name)
        .Initializer("same", [0L, AliasedGraph.Columns], 2)
        .Initializer("halves", [0L, 2, 2], 3)
        .Initializer("zero", [0L], 1)
        .Initializer("one", [1L], 1)
        .Initializer("four", [4L], 1)
        .Initializer("end", [long.MaxValue], 1)
        .Initializer("columns", [0L, 1, 2, 3], 4)
        .Initializer("ones", [1L, 1], 2)
        .Initializer("padding", [0L, 0, 0, 0], 4)
        .Initializer("none", [0L])
        .Initializer("turns", [2L])
        .Initializer("yes", [true])
        .Initializer("nought", [0f])
        .Initializer("unit", [1f]);

    /// <summary>What there is for a type of element.</summary>
    public static IReadOnlyList<Writer> For(TensorType type) => type switch
    {
        TensorType.Float => [.. OfAllTypes, .. OfNumbers, .. OfFloats],
        TensorType.String => OfAllTypes,
        _ => [.. OfAllTypes, .. OfNumbers],
    };

    /// <summary>Outputs that are an initializer, and what nodes make of one.</summary>
    public static void AddConstants(ModelBuilder model, float[] values) => model
        .Initializer("constant", values, values.Length)
        .Initializer("flat", [-1L], 1)
        .Node("Identity", ["constant"], "constant_again")
        .Node("Reshape", ["constant", "flat"], "constant_reshaped")
        .Output("constant", TensorType.Float, values.Length)
        .Output("constant_again", TensorType.Float, values.Length)
        .Output("constant_reshaped", TensorType.Float, values.Length);

    private static Subgraph Branch(string name, string from, string to, TensorType type) => new Subgraph(name)
        .Node("Identity", [from], $"{to}_{name}")
        .Output($"{to}_{name}", type, "rows", AliasedGraph.Columns);

    private static Subgraph Body(string to, TensorType type) => new Subgraph("body")
        .Input($"{to}_turn", TensorType.Int64)
        .Input($"{to}_go_on", TensorType.Bool)
        .Input($"{to}_state", type, "rows", AliasedGraph.Columns)
        .Node("Identity", [$"{to}_go_on"], $"{to}_still")
        .Node("Identity", [$"{to}_state"], $"{to}_next")
        .Output($"{to}_still", TensorType.Bool)
        .Output($"{to}_next", type, "rows", AliasedGraph.Columns);
}
