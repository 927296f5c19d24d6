using System.Collections.Immutable;
using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Replicas;

/// <summary>
/// One replica of a version on one silo: the data plane. Its key is <c>model/version/index</c>, see <see cref="ReplicaId"/>. It serves from
/// its silo's session cache, which loads the version on demand.
/// </summary>
[Alias("krewe.replica")]
public interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>
    /// Runs one inference. The caller owns the request's memory until the reply arrives, and disposes the reply's outputs. Failures are in
    /// the reply; an exception means that the silo or connection was lost.
    /// </summary>
    /// <param name="request">The request; its model must be this replica's version, by number, except for a control call
    /// (<see cref="InferenceRequest.Beside"/>).</param>
    /// <param name="callId">The caller's id for <see cref="FindUnknownAsync"/>; 0 for none.</param>
    /// <param name="cancellationToken">Cancelled when the caller gives up.</param>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("infer")]
    Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken);

    /// <summary>Returns the ids of calls that are not under way here: they or their replies are lost, and may be retried.</summary>
    [AlwaysInterleave, ResponseTimeout("00:00:01"), Alias("unknown")]
    Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds);

    /// <summary>Loads and warms the version now; the reply has no outputs, and a fault if that failed.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("load")]
    Task<ReplicaReply> LoadAsync();

    /// <summary>Finishes the calls under way, refuses new ones, and deactivates a surplus replica.</summary>
    [AlwaysInterleave, Alias("retire")]
    Task RetireAsync();
}

/// <summary>Identifies a replica: a version, and an index from 0. Written <c>model/version/index</c>, the key of its grain.</summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-id")]
public readonly record struct ReplicaId([property: Id(0)] ModelId Model, [property: Id(1)] int Index)
{
    /// <summary>Parses a grain key; throws <see cref="FormatException"/> if it is invalid.</summary>
    public static ReplicaId Parse(string key)
    {
        var end = key.LastIndexOf('/');
        return end > 0 && int.TryParse(key.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new ReplicaId(ModelKey.Parse(key[..end]), index)
            : throw new FormatException($"'{ErrorText.Quote(key)}' is not a replica: expected model/version/index");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Index}");
}
