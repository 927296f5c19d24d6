using Krewe.Abstractions.Hosting;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Loading;

/// <summary>
/// Measures the cost of changing the number of rows between runs. It is nothing on CPU; on a GPU, convolutions are planned again for every
/// shape, which can take several times as long as a run. Batch sizes vary all the time, so such models are faster without batching.
/// </summary>
internal sealed class ShapeChange(TimeProvider time)
{
    private const int Rounds = 3;
    private const double MaxRatio = 2;

    /// <summary>True if changing the batch size is cheap. The session must have run one row already.</summary>
    public bool IsCheap(OnnxSession session, WarmUpSettings settings, int extent)
    {
        var inputs = session.Signature.Inputs;
        return session.Provider == ExecutionProvider.Cpu
            || (SyntheticInput.Create(inputs, settings, 1, extent, seed: 1) is { } one
                && SyntheticInput.Create(inputs, settings, 2, extent, seed: 1) is { } two
                && Measure(session, one, two));
    }

    /// <summary>Whether a run after a shape change takes at most <see cref="MaxRatio"/> times as long as one without.</summary>
    public static bool IsCheap(TimeSpan changed, TimeSpan same) => changed <= same * MaxRatio;

    private bool Measure(OnnxSession session, TensorData[] one, TensorData[] two)
    {
        var (changed, same) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                // Use the minimum of several rounds: other load can only make a run slower.
                Run(session, two);
                changed = Min(changed, Run(session, one));
                same = Min(same, Run(session, one));
            }
        }
        catch (GraphException)
        {
            // The device may be full at the moment; batches would need even more memory.
            return false;
        }

        return IsCheap(changed, same);
    }

    private TimeSpan Run(OnnxSession session, TensorData[] input)
    {
        var start = time.GetTimestamp();
        foreach (var output in session.Run(input))
        {
            output.Owner.Dispose();
        }

        return time.GetElapsedTime(start);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
