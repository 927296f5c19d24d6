using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Grains.Interfaces.Replicas;

/// <summary>
/// A replica's reply: a response, or the reason for none. It also carries the silo and the current replica count, so that a caller's
/// snapshot is never older than its last reply. Encoded by our own codec, once.
/// </summary>
[Alias("krewe.replica-reply")]
public sealed class ReplicaReply
{
    private int spent;

    /// <summary>The response; null if <see cref="Fault"/> is set, and for a load.</summary>
    public InferenceResponse? Response { get; init; }

    /// <summary>Why there is no response.</summary>
    public ReplicaFault? Fault { get; init; }

    /// <summary>The silo that answered, as <see cref="SiloAddress.ToParsableString"/> writes it.</summary>
    public required string Silo { get; init; }

    /// <summary>How many replicas of the version callers may choose from, at least 1; 0 if unknown.</summary>
    public required int Replicas { get; init; }

    /// <summary>True for the first writer, which releases the memory.</summary>
    internal bool TrySpend() => Interlocked.Exchange(ref spent, 1) == 0;
}

/// <summary>Why a replica has no response.</summary>
/// <param name="Code">The kind of failure.</param>
/// <param name="Message">The text for the caller.</param>
/// <param name="RetryAfter">When a retry may succeed.</param>
/// <param name="TryElsewhere">True if the call did not begin, and another replica, or this one on its next silo, may answer.</param>
/// <param name="IsStale">True if routes exclude the version everywhere, so the caller's snapshot is stale.</param>
public sealed record ReplicaFault(KreweErrorCode Code, string Message, TimeSpan? RetryAfter, bool TryElsewhere, bool IsStale = false)
{
    /// <summary>The fault of a failed call.</summary>
    public static ReplicaFault Of(KreweException error, bool tryElsewhere = false) =>
        new(error.Code, error.Message, error.RetryAfter, tryElsewhere);

    /// <summary>Converts to an exception.</summary>
    public KreweException ToException() => new(Code, Message) { RetryAfter = RetryAfter };
}
