using Krewe.Abstractions;
using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>What a replica says of a call that failed.</summary>
internal static class ReplicaFaults
{
    /// <summary>The fault of an exception.</summary>
    /// <param name="error">What the host threw.</param>
    /// <param name="isInMemory">The version is in memory here, so that it is not this silo which cannot serve it.</param>
    /// <param name="isElsewhere">Another silo could serve it.</param>
    public static ReplicaFault Of(Exception error, bool isInMemory, bool isElsewhere) => error switch
    {
        KreweException known => ReplicaFault.Of(known, isElsewhere && !isInMemory && IsOfThisSilo(known.Code)),
        OperationCanceledException => new(KreweErrorCode.Cancelled, "the call was cancelled", null, false),
        ObjectDisposedException => new(KreweErrorCode.Unavailable, "the silo is stopping", TimeSpan.FromSeconds(1), true),
        _ => new(KreweErrorCode.Internal, "an unexpected error, described in the silo's log", null, false),
    };

    /// <summary>The fault of an answer that no message can carry; null where it can be carried.</summary>
    public static ReplicaFault? OfSize(InferenceResponse response, long limit)
    {
        var bytes = 0L;
        foreach (var output in response.Outputs)
        {
            bytes += output.Data.Length;
        }

        return bytes <= limit ? null : new(
            KreweErrorCode.PayloadTooLarge,
            $"the outputs of model '{response.Model}' have {bytes} bytes together, and an answer within a cluster at most {limit}: ask for fewer rows or fewer outputs",
            null, false);
    }

    /// <summary>No room, a load that failed, or files that are not here: true of this silo, not of all.</summary>
    private static bool IsOfThisSilo(KreweErrorCode code) => code
        is KreweErrorCode.Unavailable or KreweErrorCode.Overloaded or KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound;
}
