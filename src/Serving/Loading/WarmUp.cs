using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Loading;

/// <summary>
/// Runs a new session on made-up input, so that what is made lazily is there before the first caller and is counted in its memory.
/// </summary>
internal static class WarmUp
{
    // What a free dimension that is no batch may have to be: a convolution needs some pixels, a sequence at least one step.
    private static readonly int[] Extents = [1, 8, 32, 224];

    /// <summary>
    /// The extent of free dimensions at which the model ran; null where it did not run on anything made up, which says
    /// nothing against the model. Throws only where no input could ever run (<see cref="RunError.IsMissingLibrary"/>).
    /// </summary>
    public static int? Run(OnnxSession session, WarmUpSettings settings)
    {
        var inputs = session.Signature.Inputs;
        var extents = HasFreeInnerDimension(inputs, settings) ? Extents : Extents[..1];
        foreach (var extent in extents)
        {
            if (MadeUpInput.Create(inputs, settings, settings.Rows, extent, seed: 1) is { } input && Runs(session, input))
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
            foreach (var output in session.Run(input, default))
            {
                output.Owner.Dispose();
            }

            return true;
        }
        catch (Exception error) when (error is OnnxRuntimeException or KreweException && !RunError.IsMissingLibrary(error))
        {
            return false;
        }
    }
}
