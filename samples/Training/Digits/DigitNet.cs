using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Training.Digits;

/// <summary>
/// The classifier: two <see cref="ConvolutionBlock"/>s (8 and 16 channels), a <see cref="DenseLayer"/>, and softmax. Trained image by
/// image, by backpropagation of the cross-entropy.
/// </summary>
internal sealed class DigitNet
{
    private const int Digits = 10;
    private const int FirstChannels = 8;
    private const int SecondChannels = 16;
    private const int LastSize = Canvas.Size / 4;
    private const int Features = LastSize * LastSize * SecondChannels;
    private readonly ConvolutionBlock first;
    private readonly ConvolutionBlock second;
    private readonly DenseLayer last;
    private readonly float[] probabilities = new float[Digits];

    public DigitNet(SeededRandom random)
    {
        first = new ConvolutionBlock(random, Canvas.Size, inputs: 1, outputs: FirstChannels);
        second = new ConvolutionBlock(random, Canvas.Size / 2, FirstChannels, SecondChannels);
        last = new DenseLayer(random, Features, Digits);
    }

    /// <summary>The probability of each digit; valid until the next call.</summary>
    public ReadOnlySpan<float> Classify(float[] image)
    {
        first.Forward(image);
        second.Forward(Floats(first.Output));
        last.Forward(Floats(second.Output));
        Softmax(Floats(last.Output), probabilities);
        return probabilities;
    }

    /// <summary>Accumulates the gradient of the image's loss; returns whether the digit was recognised.</summary>
    public bool Learn(float[] image, int digit)
    {
        var right = Classify(image).IndexOfMax() == digit;
        var slope = Floats(last.OutputGradient);
        probabilities.CopyTo(slope);
        slope[digit] -= 1;

        last.Backward(Floats(second.Output), Floats(second.OutputGradient));
        second.Backward(Floats(first.Output), Floats(first.OutputGradient));
        first.Backward(image, []);
        return right;
    }

    /// <summary>Updates all parameters with the gradient of the last <paramref name="examples"/> images.</summary>
    public void Step(float rate, int examples)
    {
        foreach (var parameter in (Parameter[])[first.Weights, first.Bias, second.Weights, second.Bias, last.Weights, last.Bias])
        {
            parameter.Step(rate, examples);
        }
    }

    /// <summary>
    /// The ONNX graph: <c>image</c> FP32 [batch, 1, 16, 16] gives <c>label</c> INT64 [batch] and <c>probabilities</c> FP32 [batch, 10].
    /// </summary>
    public ModelBuilder ToGraph(string name) => new ModelBuilder(name)
        .Description("Which digit a small image shows, by a convolutional network.")
        .Input("image", TensorType.Float, "batch", 1, Canvas.Size, Canvas.Size)
        .Initializer("kernel1", KernelsOf(first.Weights, 1, FirstChannels), FirstChannels, 1, 3, 3)
        .Initializer("bias1", first.Bias.Floats.ToArray(), FirstChannels)
        .Initializer("kernel2", KernelsOf(second.Weights, FirstChannels, SecondChannels), SecondChannels, FirstChannels, 3, 3)
        .Initializer("bias2", second.Bias.Floats.ToArray(), SecondChannels)
        .Initializer("weights", DenseWeights(), Features, Digits)
        .Initializer("bias3", last.Bias.Floats[..Digits].ToArray(), Digits)
        .Node("Conv", ["image", "kernel1", "bias1"], "conv1", ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 1, 1, 1, 1 }))
        .Node("Relu", ["conv1"], "relu1")
        .Node("MaxPool", ["relu1"], "pool1", ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }))
        .Node("Conv", ["pool1", "kernel2", "bias2"], "conv2", ("kernel_shape", new long[] { 3, 3 }), ("pads", new long[] { 1, 1, 1, 1 }))
        .Node("Relu", ["conv2"], "relu2")
        .Node("MaxPool", ["relu2"], "pool2", ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }))
        .Node("Flatten", ["pool2"], "flat", ("axis", 1))
        .Node("Gemm", ["flat", "weights", "bias3"], "logits")
        .Node("Softmax", ["logits"], "probabilities", ("axis", 1))
        .Node("ArgMax", ["probabilities"], "label", ("axis", 1), ("keepdims", 0))
        .Output("label", TensorType.Int64, "batch")
        .Output("probabilities", TensorType.Float, "batch", Digits);

    // From (kernel position, input, output) to ONNX's (output, input, kernel position).
    private static float[] KernelsOf(Parameter weights, int inputs, int outputs)
    {
        const int Taps = 9;
        var kernels = new float[weights.Floats.Length];
        for (var i = 0; i < kernels.Length; i++)
        {
            int tap = i / (inputs * outputs), input = i / outputs % inputs, output = i % outputs;
            kernels[(((output * inputs) + input) * Taps) + tap] = weights.Floats[i];
        }

        return kernels;
    }

    // Rows from (row, column, channel) to ONNX's (channel, row, column), without the padding.
    private float[] DenseWeights()
    {
        var pixels = LastSize * LastSize;
        var weights = new float[Features * Digits];
        for (var i = 0; i < Features; i++)
        {
            var row = (i % SecondChannels * pixels) + (i / SecondChannels);
            last.Weights.Floats.Slice(i * last.Padded, Digits).CopyTo(weights.AsSpan(row * Digits));
        }

        return weights;
    }

    private static Span<float> Floats(Vector128<float>[] vectors) => MemoryMarshal.Cast<Vector128<float>, float>(vectors.AsSpan());

    private static void Softmax(ReadOnlySpan<float> logits, Span<float> result)
    {
        var top = logits[..result.Length].Max();
        var sum = 0.0;
        for (var i = 0; i < result.Length; i++)
        {
            sum += StableMath.Exp(logits[i] - top);
        }

        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (float)(StableMath.Exp(logits[i] - top) / sum);
        }
    }
}
