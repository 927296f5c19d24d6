using Krewe.Onnx.Building;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Operators;
using Krewe.Serving.Tests.OnnxFiles;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Operators;

public sealed class RowAnalysisTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>An operator and its attributes on <c>x</c> [batch, 4, 6], with the named constants as further inputs.</summary>
    [Theory]
    [InlineData("Softmax", "axis=-1", RowDependence.Independent)]
    [InlineData("Softmax", "axis=0", RowDependence.Dependent)]
    [InlineData("LogSoftmax", "axis=1", RowDependence.Independent)]
    [InlineData("ReduceMean", "axes=1,2", RowDependence.Independent)]
    [InlineData("ReduceMean", "axes=0", RowDependence.Dependent)]
    [InlineData("ReduceMean", "axes=-3", RowDependence.Dependent)]
    [InlineData("ReduceMean", "", RowDependence.Dependent)]
    [InlineData("ArgMax", "axis=2", RowDependence.Independent)]
    [InlineData("ArgMax", "", RowDependence.Dependent)]
    [InlineData("Transpose", "perm=0,2,1", RowDependence.Independent)]
    [InlineData("Transpose", "", RowDependence.Dependent)]
    [InlineData("Flatten", "", RowDependence.Independent)]
    [InlineData("Flatten", "axis=2", RowDependence.Dependent)]
    [InlineData("Squeeze", "", RowDependence.Dependent)]
    [InlineData("LpNormalization", "axis=-1", RowDependence.Independent)]
    [InlineData("LpNormalization", "axis=0", RowDependence.Dependent)]
    [InlineData("GlobalAveragePool", "", RowDependence.Independent)]
    [InlineData("NonZero", "", RowDependence.Dependent)]
    [InlineData("DynamicQuantizeLinear", "", RowDependence.Dependent)]
    [InlineData("Shape", "", RowDependence.Dependent)]
    [InlineData("MaxPool", "kernel_shape=2", RowDependence.Independent)]
    [InlineData("RandomNormalLike", "", RowDependence.Undecided)]
    [InlineData("acme::Thing", "", RowDependence.Undecided)]
    [InlineData("com.microsoft::Gelu", "", RowDependence.Independent)]
    [InlineData("Gather", "axis=1", RowDependence.Independent, 0L)]
    [InlineData("Gather", "axis=0", RowDependence.Dependent, 0L)]
    [InlineData("CumSum", "", RowDependence.Dependent, 0L)]
    [InlineData("Expand", "", RowDependence.Independent, 1L, 4L, 6L)]
    [InlineData("Tile", "", RowDependence.Independent, 1L, 1L, 2L)]
    [InlineData("Tile", "", RowDependence.Undecided, 2L, 1L, 1L)]
    [InlineData("Reshape", "", RowDependence.Independent, 0L, -1L)]
    [InlineData("Reshape", "", RowDependence.Independent, -1L, 24L)]
    [InlineData("Reshape", "", RowDependence.Independent, -1L, 8L, 3L)]
    [InlineData("Reshape", "", RowDependence.Dependent, -1L, 6L)]
    [InlineData("Reshape", "", RowDependence.Dependent, -1L, 48L)]
    [InlineData("Reshape", "", RowDependence.Dependent, 1L, 24L)]
    [InlineData("Reshape", "", RowDependence.Dependent, 24L, -1L)]
    [InlineData("Reshape", "", RowDependence.Dependent, 1L, -1L, 4L, 6L)]
    [InlineData("Pad", "", RowDependence.Independent, 0L, 1L, 0L, 0L, 0L, 0L)]
    [InlineData("Pad", "", RowDependence.Dependent, 1L, 0L, 0L, 0L, 0L, 0L)]
    [InlineData("Unsqueeze", "", RowDependence.Independent, 1L)]
    [InlineData("Unsqueeze", "", RowDependence.Dependent, 0L)]
    public void One_operator(string op, string attributes, object expected, params long[] second)
    {
        var model = new ModelBuilder("one", opset: 17).Opset("com.microsoft", 1).Opset("acme", 1)
            .Input("x", TensorType.Float, "batch", 4, 6);
        if (second.Length > 0)
        {
            model.Initializer("second", second, second.Length);
        }

        model.Node(op, second.Length > 0 ? ["x", "second"] : ["x"], "y", Parse(attributes))
            .Output("y", ValueKind.AnyRank(TensorType.Float));
        Assert.Equal((RowDependence)expected, Of(model).Dependence);
    }

    [Theory]
    [InlineData(12, 1, RowDependence.Independent)]
    [InlineData(12, 0, RowDependence.Dependent)]
    [InlineData(13, 1, RowDependence.Independent)]
    public void Softmax_of_old_operator_sets_works_on_all_axes_from_one_on(int opset, int axis, object expected)
    {
        // The rows are at axis 1 for the softmax: from axis 0 on and at axis 1 it takes them together.
        var model = new ModelBuilder("softmax", opset).Input("x", TensorType.Float, "batch", 4)
            .Node("Softmax", ["x"], "y", ("axis", axis)).Output("y", TensorType.Float, "batch", 4);
        Assert.Equal((RowDependence)expected, Of(model).Dependence);

        var turned = new ModelBuilder("turned", opset).Input("x", TensorType.Float, "batch", 4)
            .Node("Transpose", ["x"], "t").Node("Softmax", ["t"], "s", ("axis", 0)).Node("Transpose", ["s"], "y")
                .Output("y", TensorType.Float, "batch", 4);
        Assert.Equal(opset < 13 ? RowDependence.Dependent : RowDependence.Independent, Of(turned).Dependence);
    }

    [Fact]
    public void A_reason_names_the_node_and_what_it_does()
    {
        var model = new ModelBuilder("quantised").Input("x", TensorType.Float, "batch", 4)
            .Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]).Node("DequantizeLinear", ["q", "s", "z"], "d")
            .Node("ArgMax", ["d"], "y", ("axis", 1), ("keepdims", 0)).Output("y", TensorType.Int64, "batch");

        Assert.Equal(
            new RowVerdict(
                RowDependence.Dependent,
                "the node that makes 'q' (DynamicQuantizeLinear) takes its scale from the least and the greatest number in all rows of "
                + "a run"),
            Of(model));
    }

    [Fact]
    public void Only_what_reaches_an_output_counts()
    {
        var model = new ModelBuilder("unused").Input("x", TensorType.Float, "batch", 4)
            .Node("ReduceMean", ["x"], "m", ("axes", new long[] { 0 })).Node("Relu", ["x"], "y").Output("y", TensorType.Float, "batch", 4);
        Assert.Equal(RowDependence.Independent, Of(model).Dependence);
    }

    [Theory]
    [InlineData(false, RowDependence.Dependent)]
    [InlineData(true, RowDependence.Independent)]
    public void A_recurrent_layer_has_the_batch_second(bool isTurned, object expected)
    {
        var model = new ModelBuilder("lstm").Input("x", TensorType.Float, "batch", 5, 3)
            .Initializer("w", new float[24], 1, 8, 3).Initializer("r", new float[16], 1, 8, 2);
        if (isTurned)
        {
            model.Node("Transpose", ["x"], "t", ("perm", new long[] { 1, 0, 2 }))
                .Node("LSTM", ["t", "w", "r"], ["a", "h"], ("hidden_size", 2))
                .Node("Transpose", ["a"], "b", ("perm", new long[] { 2, 0, 1, 3 })).Node("Flatten", ["b"], "y");
        }
        else
        {
            model.Node("LSTM", ["x", "w", "r"], ["y", "h"], ("hidden_size", 2));
        }

        Assert.Equal((RowDependence)expected, Of(model.Output("y", ValueKind.AnyRank(TensorType.Float))).Dependence);
    }

    /// <summary>Heads as exporters write them: shapes computed from shapes, the batch and the heads in one axis for the products.</summary>
    [Fact]
    public void Attention_in_standard_operators_is_analysed_through_computed_shapes()
    {
        var model = new ModelBuilder("heads").Input("x", TensorType.Float, "batch", "steps", 8)
            .Initializer("w", new float[64], 8, 8).Initializer("zero", [0L]).Initializer("one", [1L])
            .Initializer("shape", [2L, 4L], 2).Initializer("two", [2L], 1).Initializer("minus", [-1L], 1).Initializer("four", [4L], 1)
                .Initializer("eight", [8L], 1)
            .Node("MatMul", ["x", "w"], "p").Node("Shape", ["p"], "s")
            .Node("Gather", ["s", "zero"], "n0").Node("Gather", ["s", "one"], "t0")
            .Node("Unsqueeze", ["n0", "zero1"], "n").Node("Unsqueeze", ["t0", "zero1"], "t").Initializer("zero1", [0L], 1)
            .Node("Concat", ["n", "t", "shape"], "split", ("axis", 0)).Node("Reshape", ["p", "split"], "h")
            .Node("Transpose", ["h"], "hh", ("perm", new long[] { 0, 2, 1, 3 }))
            .Node("Mul", ["n", "two"], "nh").Node("Concat", ["nh", "minus", "four"], "flat", ("axis", 0))
                .Node("Reshape", ["hh", "flat"], "q")
            .Node("Transpose", ["q"], "k", ("perm", new long[] { 0, 2, 1 })).Node("MatMul", ["q", "k"], "scores")
                .Node("Softmax", ["scores"], "a")
            .Node("MatMul", ["a", "q"], "v").Node("Concat", ["n", "two", "t", "four"], "unflat", ("axis", 0))
                .Node("Reshape", ["v", "unflat"], "vv")
            .Node("Transpose", ["vv"], "vvv", ("perm", new long[] { 0, 2, 1, 3 })).Node("Concat", ["n", "t", "eight"], "whole", ("axis", 0))
            .Node("Reshape", ["vvv", "whole"], "y").Output("y", TensorType.Float, "batch", "steps", 8);

        Assert.Equal(new RowVerdict(RowDependence.Independent), Of(model));
    }

    [Fact]
    public void Subgraphs_of_loops_and_branches_are_analysed()
    {
        Assert.Equal(RowDependence.Independent, Of(Loop("Relu")).Dependence);
        Assert.Equal(RowDependence.Dependent, Of(Loop("MeanVarianceNormalization")).Dependence);

        static ModelBuilder Loop(string op)
        {
            var body = new Subgraph("body").Input("i", TensorType.Int64).Input("c", TensorType.Bool)
                .Input("s", ValueKind.AnyRank(TensorType.Float))
                .Node("Identity", ["c"], "d").Node(op, ["s"], "t").Output("d", TensorType.Bool)
                    .Output("t", ValueKind.AnyRank(TensorType.Float));
            return new ModelBuilder("loop").Input("x", TensorType.Float, "batch", 2, 3, 3).Initializer("times", [3L])
                .Node("Loop", ["times", "", "x"], "y", ("body", body)).Output("y", TensorType.Float, "batch", 2, 3, 3);
        }
    }

    [Theory]
    [InlineData("Relu", RowDependence.Independent)]
    [InlineData("DynamicQuantizeLinear", RowDependence.Dependent)]
    [InlineData("F", RowDependence.Undecided)]
    public void A_function_of_the_model_is_analysed(string op, object expected)
    {
        var model = new ModelBuilder("own").Opset("own", 1).Input("x", TensorType.Float, "batch", 4)
            .Node("own::F", ["x"], "y").Output("y", TensorType.Float, "batch", 4);
        var function = Wire.Message(
            25, Wire.Text(1, "F"), Wire.Text(10, "own"), Wire.Text(4, "a"), Wire.Text(5, "b"),
                Wire.Message(9, Wire.Text(1, ""), Wire.Number(2, 17)),
            Wire.Message(9, Wire.Text(1, "own"), Wire.Number(2, 1)),
            Wire.Message(7, Wire.Text(1, "a"), Wire.Text(2, "b"), Wire.Text(4, op), Wire.Text(7, op == "F" ? "own" : "")));

        byte[] content = [.. model.ToBytes(), .. function];
        Assert.Equal((RowDependence)expected, RowAnalysis.Of(OnnxFile.Read(folder.Write("own.onnx", content))).Dependence);
    }

    [Fact]
    public void A_graph_of_thousands_of_nodes_is_analysed_quickly()
    {
        var model = new ModelBuilder("deep").Input("x", TensorType.Float, "batch", 4);
        for (var i = 0; i < 20_000; i++)
        {
            model.Node("Relu", [i == 0 ? "x" : $"v{i}"], $"v{i + 1}");
        }

        model.Node("Identity", ["v20000"], "y").Output("y", TensorType.Float, "batch", 4);
        var file = Read(model);
        var start = TimeProvider.System.GetTimestamp();
        Assert.Equal(RowDependence.Independent, RowAnalysis.Of(file).Dependence);
        var time = TimeProvider.System.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper!.WriteLine($"20,001 nodes in {time.TotalMilliseconds:F1} ms");
        Assert.True(time < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Every_operator_is_in_the_table_once_and_under_one_name() =>
        Assert.Equal(OperatorTable.All.Count(), OperatorTable.All.Select(entry => (entry.Domain, entry.Name)).Distinct().Count());

    private static AttributeValue[] Parse(string attributes) =>
    [
        .. attributes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(attribute => attribute.Split('=')).Select(pair =>
            pair[0] is "axes" or "perm" or "kernel_shape"
                ? AttributeValue.Of(pair[0], [.. pair[1].Split(',').Select(long.Parse)])
                : AttributeValue.Of(pair[0], long.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture))),
    ];

    private RowVerdict Of(ModelBuilder model) => RowAnalysis.Of(Read(model));

    private OnnxFileSummary Read(ModelBuilder model) => OnnxFile.Read(folder.Write("model.onnx", model.ToBytes()));
}
