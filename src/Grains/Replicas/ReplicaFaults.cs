using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;

namespace Krewe.Grains.Replicas;

/// <summary>What a replica says of a call that failed.</summary>
internal static class ReplicaFaults
{
    /// <summary>The fault of an exception that the host threw.</summary>
    public static ReplicaFault Of(Exception error) => error switch
    {
        KreweException known => ReplicaFault.Of(known),
        OperationCanceledException => new(KreweErrorCode.Cancelled, "the call was cancelled", null, false),
        _ => new(KreweErrorCode.Internal, "an unexpected error, described in the silo's log", null, false),
    };

    /// <summary>
    /// Whether it may be true of one silo and not of another, where the version is not in memory: no room, a load that failed, files
    /// that are not here, a silo that stops.
    /// </summary>
    public static bool IsOfSilo(KreweErrorCode code) => code
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

    /// <summary>The fault of an answer that no message can carry; null where it can be carried.</summary>
    public static ReplicaFault? OfSize(InferenceResponse response, long limit)
    {
        var bytes = MessageSize.Of(response);
        return bytes <= limit ? null : new(
            KreweErrorCode.PayloadTooLarge,
            $"the answer of model '{response.Model}' has {bytes} bytes as it travels to its caller, expected at most {limit}: "
            + "ask for fewer rows or fewer outputs",
            null, false);
    }
}
