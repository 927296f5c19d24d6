using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Replicas;

/// <summary>Maps a failed call to the fault in a replica's reply.</summary>
internal static class ReplicaFaults
{
    /// <summary>The fault for an exception of the host.</summary>
    public static ReplicaFault Of(Exception error) => error switch
    {
        KreweException known => ReplicaFault.Of(known),
        OperationCanceledException => new(KreweErrorCode.Cancelled, "the call was cancelled", null, false),
        OutOfMemoryException => new(
            KreweErrorCode.Unavailable, "there was not enough memory for this request", TimeSpan.FromSeconds(1), false),
        _ => new(KreweErrorCode.Internal, "an unexpected error; see the silo's log", null, false),
    };

    /// <summary>
    /// Whether another silo may succeed with a version that is not in memory here: memory full, load failed, files missing, silo stopping.
    /// </summary>
    public static bool IsSiloSpecific(KreweErrorCode code) => code
        is KreweErrorCode.Unavailable or KreweErrorCode.Overloaded or KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound;

    /// <summary>The bytes of all outputs.</summary>
    public static long SizeOf(InferenceResponse response)
    {
        var bytes = 0L;
        foreach (var output in response.Outputs)
        {
            bytes += output.Data.Length;
        }

        return bytes;
    }

    /// <summary>The fault for a response too large for a message; null if it fits.</summary>
    public static ReplicaFault? TooLarge(InferenceResponse response, long limit)
    {
        var bytes = MessageSize.Of(response);
        return bytes <= limit ? null : new(
            KreweErrorCode.PayloadTooLarge,
            $"the response of model '{response.Model}' takes {bytes} bytes in a message, expected at most {limit}: "
            + "request fewer rows or fewer outputs",
            null, false);
    }
}
