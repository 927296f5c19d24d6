using System.Collections.Immutable;
using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Replicas;

/// <summary>
/// One serving copy of a version, on one silo: the data plane. Its key is <c>model/version/index</c>, see <see cref="ReplicaId"/>.
/// It answers from its silo's session cache, which loads the version where it is not in memory.
/// </summary>
[Alias("krewe.replica")]
public interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>
    /// Runs one inference. The caller keeps the request's memory until the reply is there; the reply's outputs are the caller's to
    /// dispose. Failures are in the reply; an exception means that silo or connection were lost.
    /// </summary>
    /// <param name="request">The request; its model must be this replica's version, by number, but for a control call
    /// (<see cref="InferenceRequest.Beside"/>).</param>
    /// <param name="callId">The caller's mark for <see cref="FindUnknownAsync"/>; 0 for none.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("infer")]
    Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken);

    /// <summary>
    /// Which of the calls with these marks are not under way here: they, or their answers, are lost, and may be made again.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:00:01"), Alias("unknown")]
    Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds);

    /// <summary>Loads and warms the version now; the reply has no outputs, and says what went wrong where something did.</summary>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("load")]
    Task<ReplicaReply> LoadAsync();

    /// <summary>Answers what is under way, takes nothing new, and goes: there are fewer replicas now.</summary>
    [AlwaysInterleave, Alias("retire")]
    Task RetireAsync();
}

/// <summary>
/// Names one replica: a version, and the replica's index from 0. Written <c>model/version/index</c>, the key of its grain.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-id")]
public readonly record struct ReplicaId([property: Id(0)] ModelId Model, [property: Id(1)] int Index)
{
    /// <summary>Reads a grain's key; throws <see cref="FormatException"/> where it is none.</summary>
    public static ReplicaId Parse(string key)
    {
        var end = key.LastIndexOf('/');
        return end > 0 && int.TryParse(key.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new ReplicaId(ModelKey.Parse(key[..end]), index)
            : throw new FormatException($"'{ErrorText.Quote(key)}' is no replica: expected model/version/index");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Index}");
}
