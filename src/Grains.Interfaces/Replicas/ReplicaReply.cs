using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Grains.Interfaces.Replicas;

/// <summary>
/// What a replica answers: a response, or why there is none. Either way it says where it came from and how many replicas there
/// are by now, so that a gateway's snapshot is never older than its last answer. Travels through our own codec, once.
/// </summary>
[Alias("krewe.replica-reply")]
public sealed class ReplicaReply
{
    private int spent;

    /// <summary>The answer; null where <see cref="Fault"/> is set, and for a load.</summary>
    public InferenceResponse? Response { get; init; }

    /// <summary>Why there is no answer.</summary>
    public ReplicaFault? Fault { get; init; }

    /// <summary>The silo that answered, as <see cref="SiloAddress.ToParsableString"/> writes it.</summary>
    public required string Silo { get; init; }

    /// <summary>How many replicas of the version callers may choose from, at least 1; 0 where the replica does not know.</summary>
    public required int Replicas { get; init; }

    /// <summary>True for the first who writes it, who gives its memory back.</summary>
    internal bool TrySpend() => Interlocked.Exchange(ref spent, 1) == 0;
}

/// <summary>Why a replica has no answer.</summary>
/// <param name="Code">What kind of failure it is.</param>
/// <param name="Message">The text for the caller.</param>
/// <param name="RetryAfter">When the same call may be worth another try.</param>
/// <param name="TryElsewhere">True where the call did not begin and another replica, or the same one at its next place, may answer.</param>
/// <param name="IsStale">True where the version was taken out for everybody, which the caller's snapshot does not show yet.</param>
public sealed record ReplicaFault(KreweErrorCode Code, string Message, TimeSpan? RetryAfter, bool TryElsewhere, bool IsStale = false)
{
    /// <summary>The fault of a failed call.</summary>
    public static ReplicaFault Of(KreweException error, bool tryElsewhere = false) =>
        new(error.Code, error.Message, error.RetryAfter, tryElsewhere);

    /// <summary>The same as an exception.</summary>
    public KreweException ToException() => new(Code, Message) { RetryAfter = RetryAfter };
}
