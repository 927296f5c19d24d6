using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>
/// Trainable weights with the Adam optimiser (Kingma and Ba, 2015). Always four lanes and no fused multiply-add, so that every machine
/// rounds identically.
/// </summary>
internal sealed class Parameter
{
    private const float Decay = 0.9f;
    private const float SquareDecay = 0.999f;
    private const float Epsilon = 1e-7f;
    private readonly Vector128<float>[] mean;
    private readonly Vector128<float>[] square;
    private float meanShare = 1;
    private float squareShare = 1;

    /// <summary>Initialises with random numbers in ±<paramref name="bound"/>; their count is a multiple of four.</summary>
    public Parameter(SeededRandom random, int count, double bound)
    {
        Value = new Vector128<float>[count / 4];
        Gradient = new Vector128<float>[count / 4];
        mean = new Vector128<float>[count / 4];
        square = new Vector128<float>[count / 4];
        random.Fill(MemoryMarshal.Cast<Vector128<float>, float>(Value.AsSpan()), (float)bound);
    }

    /// <summary>The weights.</summary>
    public Vector128<float>[] Value { get; }

    /// <summary>The sum of the gradients since the last step.</summary>
    public Vector128<float>[] Gradient { get; }

    /// <summary>The weights as floats.</summary>
    public ReadOnlySpan<float> Floats => MemoryMarshal.Cast<Vector128<float>, float>(Value.AsSpan());

    /// <summary>Updates the weights and clears the gradient.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="examples">The number of examples the gradient sums over.</param>
    public void Step(float rate, int examples)
    {
        meanShare *= Decay;
        squareShare *= SquareDecay;
        var meanScale = Vector128.Create(1 / (1 - meanShare));
        var squareScale = Vector128.Create(1 / (1 - squareShare));
        for (var i = 0; i < Value.Length; i++)
        {
            var gradient = Gradient[i] / examples;
            mean[i] = (mean[i] * Decay) + (gradient * (1 - Decay));
            square[i] = (square[i] * SquareDecay) + (gradient * gradient * (1 - SquareDecay));
            var size = Vector128.Sqrt(square[i] * squareScale) + Vector128.Create(Epsilon);
            Value[i] -= mean[i] * meanScale * rate / size;
        }

        Array.Clear(Gradient);
    }
}
