using System.Runtime.Intrinsics;
using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>A fully connected layer. Its width is padded to a multiple of four; the padding is computed and ignored.</summary>
internal sealed class DenseLayer
{
    private readonly int lanes;

    public DenseLayer(SeededRandom random, int inputs, int outputs)
    {
        lanes = (outputs + 3) / 4;
        Weights = new Parameter(random, inputs * lanes * 4, Math.Sqrt(3.0 / inputs));
        Bias = new Parameter(random, lanes * 4, 0);
        Output = new Vector128<float>[lanes];
        OutputGradient = new Vector128<float>[lanes];
    }

    /// <summary>Indexed by input, then output (padded).</summary>
    public Parameter Weights { get; }

    public Parameter Bias { get; }

    /// <summary>The result of <see cref="Forward"/>.</summary>
    public Vector128<float>[] Output { get; }

    /// <summary>The input of <see cref="Backward"/>.</summary>
    public Vector128<float>[] OutputGradient { get; }

    /// <summary>The padded number of outputs.</summary>
    public int Padded => lanes * 4;

    /// <summary>Computes <see cref="Output"/>.</summary>
    public void Forward(ReadOnlySpan<float> input)
    {
        Bias.Value.CopyTo(Output.AsSpan());
        for (var i = 0; i < input.Length; i++)
        {
            for (var lane = 0; lane < lanes; lane++)
            {
                Output[lane] += Weights.Value[(i * lanes) + lane] * input[i];
            }
        }
    }

    /// <summary>Accumulates the weight gradients and writes the input gradient.</summary>
    public void Backward(ReadOnlySpan<float> input, Span<float> inputGradient)
    {
        for (var lane = 0; lane < lanes; lane++)
        {
            Bias.Gradient[lane] += OutputGradient[lane];
        }

        for (var i = 0; i < input.Length; i++)
        {
            var back = Vector128<float>.Zero;
            for (var lane = 0; lane < lanes; lane++)
            {
                Weights.Gradient[(i * lanes) + lane] += OutputGradient[lane] * input[i];
                back += OutputGradient[lane] * Weights.Value[(i * lanes) + lane];
            }

            inputGradient[i] = back[0] + back[1] + (back[2] + back[3]);
        }
    }
}
