using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Loading;

/// <summary>
/// Runs a new session on synthetic input, so that lazy initialisation is done before the first call and counted in the session's memory.
/// </summary>
internal static class WarmUp
{
    // Sizes to try for free dimensions other than the batch: a convolution needs some pixels, a sequence at least one step.
    private static readonly int[] Extents = [1, 8, 32, 224];

    /// <summary>
    /// The size of the free dimensions at which the model ran; null if it ran on no synthetic input, which is not an error. Throws only if
    /// no input can ever run (<see cref="RunError.IsMissingLibrary"/>), or the input ended its worker process.
    /// </summary>
    public static int? Run(OnnxSession session, WarmUpSettings settings)
    {
        var inputs = session.Signature.Inputs;
        var extents = HasFreeInnerDimension(inputs, settings) ? Extents : Extents[..1];
        foreach (var extent in extents)
        {
            if (SyntheticInput.Create(inputs, settings, settings.Rows, extent, seed: 1) is { } input && Runs(session, input))
            {
                return extent;
            }
        }

        return null;
    }

    private static bool HasFreeInnerDimension(IEnumerable<TensorSpec> inputs, WarmUpSettings settings) =>
        inputs.Any(input => !settings.Shapes.ContainsKey(input.Name) && input.Shape.Skip(1).Any(dimension => dimension < 0));

    private static bool Runs(OnnxSession session, TensorData[] input)
    {
        try
        {
            foreach (var output in session.Run(input))
            {
                output.Owner.Dispose();
            }

            return true;
        }
        catch (Exception error) when (error is GraphException or KreweException && error is not GraphEndedException
            && !RunError.IsMissingLibrary(error))
        {
            return false;
        }
    }
}
