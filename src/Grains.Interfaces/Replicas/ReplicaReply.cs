using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// What a replica answers: a response, or why there is none. Either way it says where it came from and how many replicas there
/// are by now, so that a gateway's picture is never older than its last answer. Travels through our own codec, once.
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
