using System.Runtime.Intrinsics;
using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>
/// A 3×3 convolution with zero padding, ReLU, and 2×2 max pooling, for one image at a time. The layout is row, column, channel; the number
/// of output channels is a multiple of four.
/// </summary>
internal sealed class ConvolutionBlock
{
    private const int Kernel = 3;
    private readonly int size;
    private readonly int inputs;
    private readonly int lanes;
    private readonly Vector128<float>[] activated;
    private readonly Vector128<float>[] slope;

    public ConvolutionBlock(SeededRandom random, int size, int inputs, int outputs)
    {
        this.size = size;
        this.inputs = inputs;
        lanes = outputs / 4;
        var fanIn = Kernel * Kernel * inputs;
        Weights = new Parameter(random, fanIn * outputs, Math.Sqrt(6.0 / fanIn));
        Bias = new Parameter(random, outputs, 0);
        activated = new Vector128<float>[size * size * lanes];
        slope = new Vector128<float>[size * size * lanes];
        Output = new Vector128<float>[size * size / 4 * lanes];
        OutputGradient = new Vector128<float>[Output.Length];
    }

    /// <summary>Indexed by kernel row, kernel column, input channel, output channel.</summary>
    public Parameter Weights { get; }

    public Parameter Bias { get; }

    /// <summary>The result of <see cref="Forward"/>: half the input's height and width.</summary>
    public Vector128<float>[] Output { get; }

    /// <summary>The input of <see cref="Backward"/>, written by the next layer.</summary>
    public Vector128<float>[] OutputGradient { get; }

    /// <summary>Computes <see cref="Output"/>.</summary>
    public void Forward(ReadOnlySpan<float> image)
    {
        for (var pixel = 0; pixel < size * size; pixel++)
        {
            Convolve(image, pixel, activated.AsSpan(pixel * lanes, lanes));
        }

        for (var i = 0; i < Output.Length; i++)
        {
            var corner = Corner(i);
            Output[i] = Vector128.Max(
                Vector128.Max(activated[corner], activated[corner + lanes]),
                Vector128.Max(activated[corner + (size * lanes)], activated[corner + ((size + 1) * lanes)]));
        }
    }

    /// <summary>Accumulates the weight gradients, and writes the input gradient unless <paramref name="imageGradient"/> is empty.</summary>
    public void Backward(ReadOnlySpan<float> image, Span<float> imageGradient)
    {
        Unpool();
        imageGradient.Clear();
        for (var pixel = 0; pixel < size * size; pixel++)
        {
            var here = slope.AsSpan(pixel * lanes, lanes);
            for (var lane = 0; lane < lanes; lane++)
            {
                Bias.Gradient[lane] += here[lane];
            }

            Spread(image, imageGradient, pixel, here);
        }
    }

    private void Convolve(ReadOnlySpan<float> image, int pixel, Span<Vector128<float>> sum)
    {
        Bias.Value.CopyTo(sum);
        for (var tap = 0; tap < Kernel * Kernel; tap++)
        {
            if (Neighbour(pixel, tap) is var neighbour and >= 0)
            {
                var weights = Weights.Value.AsSpan(tap * inputs * lanes, inputs * lanes);
                for (var channel = 0; channel < inputs; channel++)
                {
                    var light = image[(neighbour * inputs) + channel];
                    for (var lane = 0; lane < sum.Length; lane++)
                    {
                        sum[lane] += weights[(channel * lanes) + lane] * light;
                    }
                }
            }
        }

        foreach (ref var lane in sum)
        {
            lane = Vector128.Max(lane, Vector128<float>.Zero);
        }
    }

    // The gradient flows to the position of the maximum, and only if ReLU was active there.
    private void Unpool()
    {
        for (var i = 0; i < Output.Length; i++)
        {
            var corner = Corner(i);
            var gradient = Vector128.GreaterThan(Output[i], Vector128<float>.Zero) & OutputGradient[i];
            foreach (var place in (ReadOnlySpan<int>)[corner, corner + lanes, corner + (size * lanes), corner + ((size + 1) * lanes)])
            {
                slope[place] = Vector128.Equals(activated[place], Output[i]) & gradient;
            }
        }
    }

    private void Spread(ReadOnlySpan<float> image, Span<float> imageGradient, int pixel, ReadOnlySpan<Vector128<float>> here)
    {
        for (var tap = 0; tap < Kernel * Kernel; tap++)
        {
            if (Neighbour(pixel, tap) is not (var neighbour and >= 0))
            {
                continue;
            }

            var weights = Weights.Value.AsSpan(tap * inputs * lanes, inputs * lanes);
            var gradients = Weights.Gradient.AsSpan(tap * inputs * lanes, inputs * lanes);
            for (var channel = 0; channel < inputs; channel++)
            {
                var place = (neighbour * inputs) + channel;
                var back = Vector128<float>.Zero;
                for (var lane = 0; lane < here.Length; lane++)
                {
                    gradients[(channel * lanes) + lane] += here[lane] * image[place];
                    back += here[lane] * weights[(channel * lanes) + lane];
                }

                if (!imageGradient.IsEmpty)
                {
                    imageGradient[place] += back[0] + back[1] + (back[2] + back[3]);
                }
            }
        }
    }

    // The pixel at a kernel position, or -1 beyond the border.
    private int Neighbour(int pixel, int tap)
    {
        var row = (pixel / size) + (tap / Kernel) - 1;
        var column = (pixel % size) + (tap % Kernel) - 1;
        return (uint)row < (uint)size && (uint)column < (uint)size ? (row * size) + column : -1;
    }

    // The upper left of the four activations pooled into an output.
    private int Corner(int output)
    {
        var (pixel, lane) = Math.DivRem(output, lanes);
        var (row, column) = Math.DivRem(pixel, size / 2);
        return (((row * 2 * size) + (column * 2)) * lanes) + lane;
    }
}
