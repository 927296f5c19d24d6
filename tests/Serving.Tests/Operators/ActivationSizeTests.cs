using System.Globalization;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Operators;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Operators;

/// <summary>How the activations of a graph grow with its inputs, as far as shapes tell.</summary>
public sealed class ActivationSizeTests : IDisposable
{
    private readonly TestFolder folder = new();

    public static TheoryData<string, Func<ModelBuilder, ModelBuilder>, string> Graphs => new()
    {
        { "one element for each", static g => g.Input("x", TensorType.Float, "n", 4).Node("Relu", ["x"], "y"), "4·n" },
        { "a larger layer counts, and only that", static g => g.Input("x", TensorType.Float, "n", 4).Initializer("w", new float[40], 4, 10).Initializer("v", new float[30], 10, 3)
            .Node("MatMul", ["x", "w"], "h").Node("MatMul", ["h", "v"], "y"), "10·n" },
        { "every element with every other", static g => g.Input("x", TensorType.Float, "n").Initializer("c", [-1L, 1], 2).Initializer("r", [1L, -1], 2)
            .Node("Reshape", ["x", "c"], "a").Node("Reshape", ["x", "r"], "b").Node("MatMul", ["a", "b"], "y"), "1·n + 1·n·n" },
        { "operands that broadcast each other", static g => g.Input("x", TensorType.Float, "n", 1).Input("z", TensorType.Float, 1, "m").Node("Add", ["x", "z"], "y"), "1·n·m" },
        { "a value as large as a shape twice", static g => g.Input("x", TensorType.Float, "n").Node("Shape", ["x"], "s").Node("Concat", ["s", "s"], "t", ("axis", 0L))
            .Node("Expand", ["x", "t"], "y"), "1·n·n + 2" },
        { "attention", static g => g.Input("x", TensorType.Float, "n", "s", 8).Node("Transpose", ["x"], "t", ("perm", new long[] { 0, 2, 1 })).Node("MatMul", ["x", "t"], "y"),
            "1·n·s·s + 8·n·s" },
        { "places of a picture", static g => g.Input("x", TensorType.Float, "n", 3, "h", "w").Initializer("k", new float[432], 16, 3, 3, 3)
            .Node("Conv", ["x", "k"], "c", ("pads", new long[] { 1, 1, 1, 1 }), ("strides", new long[] { 2, 2 })).Initializer("u", new float[320], 16, 5, 2, 2)
            .Node("ConvTranspose", ["c", "u"], "y", ("strides", new long[] { 2, 2 })), "5·n·h·w" },
        { "nothing free", static g => g.Input("x", TensorType.Float, 1, 6).Node("Relu", ["x"], "y"), "6" },
        { "what shapes do not tell", static g => g.Input("x", TensorType.Float, "n", 4).Node("NonZero", ["x"], "y"), "" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Graphs))]
    public void The_largest_value_of_each_growth_counts(string name, Func<ModelBuilder, ModelBuilder> build, string expected)
    {
        var file = Read(build(new ModelBuilder(name)).Output("y", TensorType.Float, "q").ToBytes());

        var size = ActivationSize.Of(file, RowAnalysis.Of(file));

        var names = size.Dimensions.Select(place => place is [var (input, axis), ..] ? file.Inputs[input].Shape!.Value[axis].Symbol : "").ToArray();
        Assert.Equal(expected, string.Join(" + ", size.Terms.Select(Describe).Order(StringComparer.Ordinal)));
        Assert.Equal(2 * size.Terms.Sum(static term => term.Elements * Math.Pow(5, term.Powers.Sum())), size.ElementsAtOnce([.. names.Select(static _ => 5.0)]), precision: 3);

        string Describe(ActivationTerm term) => string.Join(
            '·', term.Powers.SelectMany((power, i) => Enumerable.Repeat(names[i], power)).Prepend(term.Elements.ToString("0.##", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_file_that_cannot_be_analysed_has_no_size()
    {
        var file = Read(TinyModels.Linear().ToBytes());

        Assert.Equal(0, ActivationSize.Of(file with { Graph = null }, RowAnalysis.Of(file)).ElementsAtOnce([]));
    }

    private OnnxFileSummary Read(byte[] model) => OnnxFile.Read(folder.Write("model.onnx", model));
}
