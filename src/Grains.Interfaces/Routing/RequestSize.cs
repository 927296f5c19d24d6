using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>What requests weigh.</summary>
internal static class RequestSize
{
    // More than what a tensor or a request takes beside its names, shape and data.
    private const int TensorOverhead = 64;
    private const int RequestOverhead = 512;
    private const int BytesOfCharacter = 3;

    /// <summary>The most bytes that a request can take in a message.</summary>
    public static long Of(InferenceRequest request)
    {
        long size = RequestOverhead + BytesOfCharacter * (request.Id?.Length ?? 0);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var input = request.Inputs[i];
            size += TensorOverhead + BytesOfCharacter * input.Name.Length + 10L * input.Shape.Length + input.Data.Length;
        }

        for (var i = 0; i < request.RequestedOutputs.Count; i++)
        {
            size += TensorOverhead + BytesOfCharacter * request.RequestedOutputs[i].Length;
        }

        return size;
    }
}
