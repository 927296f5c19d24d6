using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// What a replica answers: a response, or why there is none. Either way it says where it came from and how many replicas there
/// are by now, so that a gateway's picture is never older than its last answer. Travels through our own codec.
/// </summary>
public sealed class ReplicaReply
{
    /// <summary>The answer; null where <see cref="Fault"/> is set, and for a load.</summary>
    public InferenceResponse? Response { get; init; }

    /// <summary>Why there is no answer.</summary>
    public ReplicaFault? Fault { get; init; }

    /// <summary>The silo that answered, as <see cref="SiloAddress.ToParsableString"/> writes it.</summary>
    public required string Silo { get; init; }

    /// <summary>How many replicas of the version callers may choose from, at least 1; 0 where the replica does not know.</summary>
    public required int Replicas { get; init; }
}
