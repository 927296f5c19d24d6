using Krewe.Onnx.Building;

namespace Krewe.Onnx.Tiny;

/// <summary>
/// Small real models for tests, each with one characteristic. Weights are generated from a seed, so the bytes are the same on every
/// machine. The free first dimension is named <c>batch</c>.
/// </summary>
public static partial class TinyModels
{
    private static readonly Dimension Batch = "batch";

    /// <summary>y = x·W + b: <c>x</c> FP32 [batch, inputs], <c>y</c> FP32 [batch, outputs].</summary>
    public static ModelBuilder Linear(int inputs = 4, int outputs = 3, ulong seed = 1) => Mlp(seed, inputs, outputs);

    /// <summary>
    /// Fully connected layers with Relu between them: <c>x</c> FP32 [batch, first width], <c>y</c> FP32 [batch, last width].
    /// </summary>
    public static ModelBuilder Mlp(params ReadOnlySpan<int> widths) => Mlp(1UL, widths);

    /// <summary>Like <see cref="Mlp(ReadOnlySpan{int})"/>, with another seed.</summary>
    public static ModelBuilder Mlp(ulong seed, params ReadOnlySpan<int> widths)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(widths.Length, 2, nameof(widths));
        var random = new SeededRandom(seed);
        var last = widths.Length - 2;
        var model = new ModelBuilder("mlp").Input("x", TensorType.Float, Batch, widths[0]);
        for (var i = 0; i <= last; i++)
        {
            var input = i == 0 ? "x" : $"h{i}";
            var output = i == last ? "y" : $"z{i + 1}";
            model.Initializer($"w{i}", Weights(random, widths[i], widths[i], widths[i + 1]))
                .Initializer($"b{i}", Weights(random, widths[i], widths[i + 1]))
                .Node("Gemm", [input, $"w{i}", $"b{i}"], output);
            if (i < last)
            {
                model.Node("Relu", [output], $"h{i + 1}");
            }
        }

        return model.Output("y", TensorType.Float, Batch, widths[^1]);
    }

    /// <summary>
    /// A small convolutional net (3×3 convolution to 16 channels, ReLU, 8×8 max pooling, fully connected): <c>x</c> FP32 [batch, channels,
    /// height, width], <c>y</c> FP32 [batch, 10]. Height and width are multiples of 8.
    /// </summary>
    public static ModelBuilder Cnn(int channels = 3, int height = 64, int width = 64, ulong seed = 1)
    {
        const int Filters = 16, Classes = 10;
        var random = new SeededRandom(seed);
        var features = Filters * (height / 8) * (width / 8);
        return new ModelBuilder("cnn")
            .Input("x", TensorType.Float, Batch, channels, height, width)
            .Initializer("k", Weights(random, channels * 9, Filters, channels, 3, 3))
            .Initializer("kb", Weights(random, channels * 9, Filters))
            .Initializer("w", Weights(random, features, features, Classes))
            .Initializer("b", Weights(random, features, Classes))
            .Node("Conv", ["x", "k", "kb"], "c", ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 1, 1, 1, 1 }))
            .Node("Relu", ["c"], "r")
            .Node("MaxPool", ["r"], "p", ("kernel_shape", new long[] { 8, 8 }), ("strides", new long[] { 8, 8 }))
            .Node("Flatten", ["p"], "f", ("axis", 1))
            .Node("Gemm", ["f", "w", "b"], "y")
            .Output("y", TensorType.Float, Batch, Classes);
    }

    /// <summary>Returns its input: <c>x</c> and <c>y</c> of any type and shape; a scalar without dimensions.</summary>
    public static ModelBuilder Identity(TensorType type, params ReadOnlySpan<Dimension> shape) => new ModelBuilder("identity")
        .Input("x", type, shape)
        .Node("Identity", ["x"], "y")
        .Output("y", type, shape);

    /// <summary>Strings in, the same strings out: <c>x</c> and <c>y</c> BYTES [batch].</summary>
    public static ModelBuilder Strings() => Identity(TensorType.String, Batch);

    /// <summary>y = 2·x with fixed dimensions, so it cannot be batched: <c>x</c> and <c>y</c> FP32 of that shape.</summary>
    public static ModelBuilder FixedShape(params ReadOnlySpan<Dimension> shape) => new ModelBuilder("fixed")
        .Input("x", TensorType.Float, shape)
        .Initializer("two", [2f])
        .Node("Mul", ["x", "two"], "y")
        .Output("y", TensorType.Float, shape);

    /// <summary>
    /// Two inputs of different types and two outputs, all [batch, width]: <c>a</c> FP32, <c>b</c> INT64,
    /// <c>sum</c> FP32 = a + b, <c>positive</c> BOOL = a &gt; 0.
    /// </summary>
    public static ModelBuilder TwoInputs(int width = 2) => new ModelBuilder("two-inputs")
        .Input("a", TensorType.Float, Batch, width)
        .Input("b", TensorType.Int64, Batch, width)
        .Initializer("zero", [0f])
        .Node("Cast", ["b"], "bf", ("to", (long)TensorType.Float))
        .Node("Add", ["a", "bf"], "sum")
        .Node("Greater", ["a", "zero"], "positive")
        .Output("sum", TensorType.Float, Batch, width)
        .Output("positive", TensorType.Bool, Batch, width);

    /// <summary>
    /// y = x − mean of x over the batch: <c>x</c> and <c>y</c> FP32 [batch, width]. Its first dimension is free, but batching two requests
    /// changes both results.
    /// </summary>
    public static ModelBuilder BatchMean(int width = 4) => new ModelBuilder("batch-mean")
        .Input("x", TensorType.Float, Batch, width)
        .Node("ReduceMean", ["x"], "m", ("axes", new long[] { 0 }), ("keepdims", 1))
        .Node("Sub", ["x", "m"], "y")
        .Output("y", TensorType.Float, Batch, width);

    /// <summary>
    /// Selects rows: <c>index</c> INT64 [batch] within ±rows, <c>y</c> FP32 [batch, width]; row r holds r·width, r·width + 1, …. An index
    /// out of range fails the run, which type and shape checks cannot detect.
    /// </summary>
    public static ModelBuilder Gather(int rows = 4, int width = 2) => new ModelBuilder("gather")
        .Input("index", TensorType.Int64, Batch)
        .Initializer("table", [.. Enumerable.Range(0, rows * width).Select(i => (float)i)], rows, width)
        .Node("Gather", ["table", "index"], "y", ("axis", 0))
        .Output("y", TensorType.Float, Batch, width);

    private static Constant Weights(SeededRandom random, int fanIn, params ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            count *= dimension;
        }

        var values = new float[count];
        random.Fill(values, 1 / MathF.Sqrt(fanIn));
        return Constant.Of<float>(values, shape);
    }
}
