using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Operators;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Operators;

/// <summary>Which graphs can harm the process that runs them.</summary>
public sealed class HazardAnalysisTests : IDisposable
{
    private readonly TestFolder folder = new();

    public static TheoryData<string, Func<ModelBuilder, ModelBuilder>, string?> Graphs => new()
    {
        { "integers by integers", static g => g.Input("i", TensorType.Int32, "batch").Node("Div", ["i", "i"], "y"), "may divide integers by 0 or -1" },
        { "a remainder", static g => g.Input("i", TensorType.Int64, "batch").Initializer("c", [-1L]).Node("Mod", ["i", "c"], "y"), "may divide integers by 0 or -1" },
        { "integers by a constant", static g => g.Input("i", TensorType.Int64, "batch").Initializer("c", [2L]).Node("Div", ["i", "c"], "y"), null },
        { "floats", static g => g.Node("Div", ["x", "x"], "y"), null },
        { "floats made of integers", static g => g.Input("i", TensorType.Int64, "batch").Node("Cast", ["i"], "f", ("to", (long)TensorType.Float)).Node("Div", ["f", "f"], "y"), null },
        { "integers made of floats", static g => g.Node("Cast", ["x"], "i", ("to", (long)TensorType.Int32)).Node("Div", ["i", "i"], "y"), "may divide integers" },
        { "the size of a shape", static g => g.Node("Shape", ["x"], "s").Node("Div", ["s", "s"], "y"), "may divide integers" },
        { "a size from a shape", static g => g.Node("Shape", ["x"], "s").Node("ConstantOfShape", ["s"], "y"), null },
        { "a size from a shape, doubled", static g => g.Node("Shape", ["x"], "s").Initializer("c", [2L]).Node("Mul", ["s", "c"], "t").Node("ConstantOfShape", ["t"], "y"), null },
        { "a size from a shape, times a million", static g => g.Node("Shape", ["x"], "s").Initializer("c", [1_000_000L]).Node("Mul", ["s", "c"], "t").Node("ConstantOfShape", ["t"], "y"), "computed from the contents" },
        { "a size from a shape, times the smallest number", static g => g.Node("Shape", ["x"], "s").Initializer("c", [long.MinValue]).Node("Mul", ["s", "c"], "t").Node("ConstantOfShape", ["t"], "y"), "computed from the contents" },
        { "a squared shape", static g => g.Node("Shape", ["x"], "s").Node("Mul", ["s", "s"], "t").Node("ConstantOfShape", ["t"], "y"), "computed from the contents" },
        { "a size from an input", static g => g.Input("s", TensorType.Int64, 1).Node("Expand", ["x", "s"], "y"), "whose size is computed from the contents of an input" },
        { "a size from a number of an input", static g => g.Node("Cast", ["x"], "s", ("to", (long)TensorType.Int64)).Node("ConstantOfShape", ["s"], "y"), "computed from the contents" },
        { "repetitions", static g => g.Initializer("c", [1L << 40]).Node("Tile", ["x", "c"], "y"), "multiplies the size of its input by 1099511627776" },
        { "a few repetitions", static g => g.Initializer("c", [4L, 2], 2).Node("Tile", ["x", "c"], "y"), null },
        { "a range", static g => g.Input("n", TensorType.Int64).Initializer("a", [0L]).Node("Range", ["a", "n", "a"], "y"), "computed from the contents" },
        { "a depth", static g => g.Input("i", TensorType.Int64, "batch").Input("n", TensorType.Int64).Initializer("v", [0f, 1f], 2).Node("OneHot", ["i", "n", "v"], "y"), "computed from the contents" },
        { "padding", static g => g.Input("p", TensorType.Int64, 4).Node("Pad", ["x", "p"], "y"), "computed from the contents" },
        { "many repetitions of an input", static g => g.Initializer("c", [65_536L, 1], 2).Node("Tile", ["x", "c"], "y"), "multiplies the size of its input by 65536" },
        { "an attribute out of all bounds", static g => g.Node("Softmax", ["x"], "y", ("axis", long.MinValue)), "has -9223372036854775808 as its attribute 'axis'" },
        { "a negative number of batch dimensions", static g => g.Initializer("i", [0L], 1).Node("GatherND", ["x", "i"], "y", ("batch_dims", -1L)), "has -1 as its attribute 'batch_dims'" },
        { "a sequence that a node may empty", static g => g.Node("NonZero", ["x"], "z").Node("Cast", ["z"], "f", ("to", (long)TensorType.Float)).Node("LSTM", ["f", "f", "f"], "y"), "fails fatally on a tensor without elements" },
        { "an image that is enlarged", static g => Enlarge(Image(g), 1f, 2f).Node("ConvTranspose", ["z", "w"], "y"), null },
        { "an image that is reduced", static g => Enlarge(Image(g), 1f, 0.5f).Node("ConvTranspose", ["z", "w"], "y"), "fails fatally on a tensor without elements" },
        { "an image that is cut", static g => Image(g).Initializer("r", [0f, 0f], 2).Initializer("s", [1f, 2f], 2).Node("Resize", ["i", "r", "s"], "z").Node("ConvTranspose", ["z", "w"], "y"), "fails fatally on a tensor without elements" },
        { "a convolution", static g => Image(g).Node("Conv", ["i", "w"], "z", ("kernel_shape", new long[] { 3, 3 })).Node("ConvTranspose", ["z", "w"], "y"), null },
        { "a window with enough padding", static g => Image(g).Node("MaxPool", ["i"], "z", ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 1, 1, 1, 1 })).Node("ConvTranspose", ["z", "w"], "y"), null },
        { "a window larger than a small image", static g => Image(g).Node("MaxPool", ["i"], "z", ("kernel_shape", new long[] { 3, 3 })).Node("ConvTranspose", ["z", "w"], "y"), "fails fatally on a tensor without elements" },
        { "a transposed window that cuts", static g => Image(g).Node("ConvTranspose", ["i", "w"], "z", ("pads", new long[] { 1, 1, 1, 1 })).Node("ConvTranspose", ["z", "w"], "y"), "fails fatally on a tensor without elements" },
        { "no repetition", static g => g.Initializer("c", [1L, 0], 2).Node("Tile", ["x", "c"], "z").Node("LSTM", ["z", "x", "x"], "y"), "fails fatally on a tensor without elements" },
        { "a constant without elements", static g => g.Initializer("c", Array.Empty<float>(), 0, 4).Node("LSTM", ["c", "x", "x"], "y"), "fails fatally on a tensor without elements" },
        { "a state of the batch's size", static g => g.Node("Shape", ["x"], "s").Initializer("c", [1L], 1).Node("Concat", ["s", "c"], "t", ("axis", 0L)).Node("ConstantOfShape", ["t"], "h").Node("LSTM", ["x", "x", "x", "", "", "h"], "y"), null },
        { "a state of a size that may be 0", static g => g.Node("Shape", ["x"], "s").Node("Sub", ["s", "s"], "t").Node("ConstantOfShape", ["t"], "h").Node("LSTM", ["x", "x", "x", "", "", "h"], "y"), "fails fatally on a tensor without elements" },
        { "a cut beside a sequence", static g => g.Node("NonZero", ["x"], "z").Node("LSTM", ["x", "x", "x"], "y"), null },
        { "a sequence", static g => g.Node("LSTM", ["x", "x", "x"], "y"), null },
        { "a scan of more inputs than there are", static g => g.Node("Scan", ["x"], "y", ("num_scan_inputs", (long)int.MaxValue)), "has 2147483647 as its attribute 'num_scan_inputs'" },
        { "a scan of a few inputs too many", static g => g.Node("Scan", ["x"], "y", ("num_scan_inputs", 1_000_000L)), "scans 1000000 inputs and has 1" },
        { "a scan", static g => g.Node("Scan", ["x"], "y", ("num_scan_inputs", 1L)), null },
        { "a branch with an attribute out of all bounds", static g => g.Node("If", ["x"], "y", ("then", long.MaxValue)), "as its attribute 'then'" },
        { "a loop", static g => g.Node("Loop", ["x", "x"], "y"), "is not known to be harmless" },
        { "a spectrum", static g => g.Node("STFT", ["x", "x"], "y"), "is not known to be harmless" },
        { "a window", static g => g.Node("HannWindow", ["x"], "y"), "is not known to be harmless" },
        { "an operator of ONNX Runtime", static g => g.Node("com.microsoft::Gelu", ["x"], "y"), "(com.microsoft.Gelu) is not known to be harmless" },
        { "a convolution without weights", static g => g.Input("i", TensorType.Float, "batch", 1, 4).Initializer("w", Array.Empty<float>(), 1, 0, 4).Node("Conv", ["i", "w"], "y"), "fails fatally on a tensor without elements" },
        { "a convolution with weights that a node may empty", static g => g.Input("i", TensorType.Float, "batch", 1, 4).Node("NonZero", ["x"], "z").Node("Cast", ["z"], "w", ("to", (long)TensorType.Float)).Node("Conv", ["i", "w"], "y"), "fails fatally on a tensor without elements" },
        { "a convolution of what a node may empty", static g => g.Node("NonZero", ["x"], "z").Node("Cast", ["z"], "i", ("to", (long)TensorType.Float)).Initializer("w", [1f], 1, 1, 1).Node("Conv", ["i", "w"], "y"), null },
        { "integers times nothing", static g => g.Input("i", TensorType.UInt8, "batch", "n").Initializer("w", Krewe.Onnx.Building.Constant.FromBytes(TensorType.UInt8, Array.Empty<byte>(), 0, 4)).Node("MatMulInteger", ["i", "w"], "y"), "fails fatally on a tensor without elements" },
        { "dropout", static g => g.Node("Dropout", ["x"], "y"), null },
        { "dropout that does not train", static g => g.Initializer("t", Krewe.Onnx.Building.Constant.FromBytes(TensorType.Bool, new byte[1])).Node("Dropout", ["x", "", "t"], "y"), null },
        { "dropout that may train", static g => g.Input("t", TensorType.Bool).Node("Dropout", ["x", "", "t"], "y"), "may be in training mode" },
        { "a convolution with an image alone", static g => g.Input("i", TensorType.Float, "batch", 1, 4).Node("ai.onnx.ml::Scaler", ["i"], "s").Node("Conv", ["s"], "y"), "of another rank than it expects" },
        { "a convolution in no groups", static g => g.Input("i", TensorType.Float, "batch", 1, 4).Initializer("w", [1f], 1, 1, 1).Node("Conv", ["i", "w"], "y", ("group", 0L)), "has 0 as its attribute 'group'" },
        { "attention without heads", static g => g.Node("Attention", ["x", "x", "x"], "y", ("q_num_heads", 0L)), "has 0 as its attribute 'q_num_heads'" },
        { "attention to nothing", static g => g.Initializer("k", Array.Empty<float>(), 2, 0, 3, 3).Node("Attention", ["x", "k", "k"], "y"), "fails fatally on a tensor without elements" },
        { "a depth that is missing", static g => g.Input("i", TensorType.Int64, "batch").Initializer("n", Array.Empty<long>(), 0).Initializer("v", [0f, 1f], 2).Node("OneHot", ["i", "n", "v"], "y"), "fails fatally on a tensor without elements" },
        { "an input that is always empty", static g => g.Input("e", TensorType.Float, 1, 0, 4).Node("LSTM", ["e", "x", "x"], "y"), "fails fatally on a tensor without elements" },
        { "a column for each of many targets", static g => g.Node("ai.onnx.ml::LinearRegressor", ["x"], "y", ("targets", 1L << 20)), "has 1048576 as its attribute 'targets'" },
        { "joined inputs of unknown rank", static g => g.Input("a", ValueKind.AnyRank(TensorType.Float)).Node("Concat", ["x", "a"], "y", ("axis", 0L)), "of another rank than it expects" },
        { "joined inputs", static g => g.Node("Concat", ["x", "x"], "y", ("axis", 0L)), null },
        { "joined after a node of unknown rank", static g => g.Node("Squeeze", ["x"], "s").Node("Concat", ["s", "x"], "y", ("axis", 0L)), "of another rank than it expects" },
        { "joined after a mean of chosen axes", static g => g.Input("a", TensorType.Int64, 1).Node("ReduceMean", ["x", "a"], "s").Node("Concat", ["s", "x"], "y", ("axis", 0L)), "of another rank than it expects" },
        { "joined after scaling", static g => g.Node("ai.onnx.ml::Scaler", ["x"], "s").Node("ai.onnx.ml::Imputer", ["x"], "t").Node("Concat", ["s", "t"], "y", ("axis", 1L)), null },
        { "joined after scaling with another rank", static g => g.Node("ai.onnx.ml::Scaler", ["x"], "s").Initializer("c", [1f], 1).Node("Concat", ["s", "c"], "y", ("axis", 0L)), "of another rank than it expects" },
        { "a convolution after a shape of any length", static g => g.Input("s", TensorType.Int64, "n").Initializer("w", [1f], 1, 1, 1).Node("Reshape", ["x", "s"], "r").Node("Conv", ["r", "w"], "y"), "of another rank than it expects" },
        { "a spectrum of any length", static g => g.Input("n", TensorType.Int64).Node("DFT", ["x", "n"], "y"), "computed from the contents" },
        { "rows of several inputs", static g => g.Node("ai.onnx.ml::FeatureVectorizer", ["x", "x"], "y"), "is not known to be harmless" },
        { "a normalization in a function", static g => g.Function("own::F", 17, ["a", "s"], ["b"], new Subgraph("f").Node("SimplifiedLayerNormalization", ["a", "s"], "b")).Node("own::F", ["x", "x"], "y"), "ends the process in a function" },
        { "a normalization", static g => g.Node("SimplifiedLayerNormalization", ["x", "x"], "y"), null },
        { "an operator of the runtime that the file redefines", static g => g.Function("HannWindow", 17, ["a"], ["b"], new Subgraph("f").Node("Relu", ["a"], "b")).Node("HannWindow", ["x"], "y"), "is defined more than once" },
        { "somebody's operator", static g => g.Node("Whatever", ["x"], "y"), "is not known to be harmless" },
        { "a shape that is too large already", static g => g.Initializer("c", [1L << 31]).Node("ConstantOfShape", ["c"], "y"), "makes an output of" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_graph_is_plain_or_has_a_hazard(string name, Func<ModelBuilder, ModelBuilder> build, string? expected)
    {
        var model = new ModelBuilder(name).Input("x", TensorType.Float, "batch", 4);
        build(model);
        model.Output("y", TensorType.Float, "batch");

        var hazard = HazardAnalysis.Of(Read(model.ToBytes())).Hazard;

        Assert.True(expected is null ? hazard is null : hazard?.Contains(expected, StringComparison.Ordinal) == true, $"{name}: {hazard}");
    }

    [Fact]
    public void Models_of_the_tests_are_plain_unless_they_are_made_to_harm()
    {
        foreach (var model in (ModelBuilder[])[TinyModels.Linear(), TinyModels.Cnn(), TinyModels.Strings(), TinyModels.TwoInputs(), TinyModels.BatchMean(), TinyModels.Gather(), TinyModels.Big(1 << 20)])
        {
            Assert.Equal(default, HazardAnalysis.Of(Read(model.ToBytes())));
        }

        Assert.NotNull(HazardAnalysis.Of(Read(TinyModels.Lethal().ToBytes())).Hazard);
        Assert.NotNull(HazardAnalysis.Of(Read(TinyModels.Slow(10).ToBytes())).Hazard);
    }

    [Fact]
    public void A_convolution_needs_weights_and_an_image_may_be_empty()
    {
        string? EmptyOf(Func<ModelBuilder, ModelBuilder> build) =>
            HazardAnalysis.Of(Read(build(new ModelBuilder("g", 17).Input("i", TensorType.Float, "batch", 1, "width")).Output("y", TensorType.Float, "batch", 1, 1).ToBytes())).Empty;

        Assert.Null(EmptyOf(static g => g.Initializer("w", [1f], 1, 1, 1).Node("Conv", ["i", "w"], "y")));
        Assert.Contains("Conv", EmptyOf(static g => g.Input("w", TensorType.Float, 1, 1, "kernel").Node("Conv", ["i", "w"], "y")), StringComparison.Ordinal);
    }

    private static ModelBuilder Image(ModelBuilder graph) =>
        graph.Input("i", TensorType.Float, "batch", 1, "height", "width").Initializer("w", [1f], 1, 1, 1, 1);

    [Theory]
    [InlineData(13, 3, true)]
    [InlineData(13, 2, false)]
    [InlineData(14, 2, true)] // ONNX Runtime infers the rank, and refuses the file.
    public void A_convolution_after_a_shape_put_together_has_a_rank(int opset, int rank, bool isPlain)
    {
        var graph = Reshaped(new ModelBuilder("g", opset).Input("x", TensorType.Float, "batch", 4), rank).Node("Conv", ["r", "w"], "y").Output("y", TensorType.Float, "batch");

        Assert.Equal(isPlain, HazardAnalysis.Of(Read(graph.ToBytes())).Hazard is null);
    }

    /// <summary>Reshapes with sizes from a shape, as exporters write it, before weights of rank 3.</summary>
    private static ModelBuilder Reshaped(ModelBuilder graph, int rank) =>
        graph.Node("Shape", ["x"], "s").Initializer("zero", [0L]).Initializer("one", [1L]).Node("Slice", ["s", "zero", "one"], "n")
            .Node("Concat", [.. Enumerable.Repeat("n", rank)], "t", ("axis", 0L)).Node("Reshape", ["x", "t"], "r").Initializer("w", [1f], 1, 1, 1);

    private static ModelBuilder Enlarge(ModelBuilder graph, params float[] scales) =>
        graph.Initializer("s", scales, scales.Length).Node("Resize", ["i", "", "s"], "z");

    private OnnxFileSummary Read(byte[] model) => OnnxFile.Read(folder.Write("model.onnx", model));
}
