using Krewe.Abstractions.Hosting;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>
/// Finds out what it costs to give a session another number of rows than the time before. Nothing on the processor; on a device
/// convolutions plan anew for every shape, which can take several times as long as a run, and batches are seldom alike: requests
/// for such a model are faster one by one.
/// </summary>
internal sealed class ShapeChange(TimeProvider time)
{
    private const int Rounds = 3;
    private const double MostTimes = 2;

    /// <summary>True where batches of changing size cost the session little; it must have run one row already.</summary>
    public bool IsCheap(OnnxSession session, WarmUpSettings settings, int extent)
    {
        var inputs = session.Signature.Inputs;
        return session.Provider == ExecutionProvider.Cpu
            || (MadeUpInput.Create(inputs, settings, 1, extent, seed: 1) is { } one
                && MadeUpInput.Create(inputs, settings, 2, extent, seed: 1) is { } two
                && Measure(session, one, two));
    }

    /// <summary>Whether a run after a change of shape takes little longer than one after its like.</summary>
    public static bool IsCheap(TimeSpan changed, TimeSpan alike) => changed <= alike * MostTimes;

    private bool Measure(OnnxSession session, TensorData[] one, TensorData[] two)
    {
        var (changed, alike) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                // The shortest of several: other work on the machine makes runs longer, nothing makes them shorter.
                Run(session, two);
                changed = Shorter(changed, Run(session, one));
                alike = Shorter(alike, Run(session, one));
            }
        }
        catch (OnnxRuntimeException)
        {
            // A device may be full for the moment; then batches would be worse off still.
            return false;
        }

        return IsCheap(changed, alike);
    }

    private TimeSpan Run(OnnxSession session, TensorData[] input)
    {
        var start = time.GetTimestamp();
        foreach (var output in session.Run(input, default))
        {
            output.Owner.Dispose();
        }

        return time.GetElapsedTime(start);
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
