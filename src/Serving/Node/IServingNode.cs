using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <summary>What a process that serves models shows to the cluster it is a node of.</summary>
public interface IServingNode
{
    /// <summary>Serves from this process alone.</summary>
    IModelHost Host { get; }

    /// <summary>
    /// Grows when the repository changes and when a version's last load came to fail, or not to fail any more. A size that was
    /// measured, and versions taken out, do not make it grow. Read it before the catalog.
    /// </summary>
    long CatalogSequence { get; }

    /// <summary>
    /// Why the catalog may lack models that were in the repository at the start; empty once all of them have settled. Read it before the
    /// catalog.
    /// </summary>
    string Settling { get; }

    /// <summary>What the repository holds, ordered by name and number.</summary>
    ImmutableArray<NodeCatalogEntry> ReadCatalog();

    /// <summary>What a version's settings say; null where the repository does not have it.</summary>
    NodeCatalogEntry? Find(ModelId model);

    /// <summary>Memory and queues now.</summary>
    NodeCapacity ReadCapacity();

    /// <summary>Versions in memory, in no order.</summary>
    ImmutableArray<ModelId> ReadSessions();

    /// <summary>Requests that wait in a version's queue; 0 where it is not in memory.</summary>
    int QueueDepth(ModelId model);

    /// <summary>Providers a session can run on here, the processor among them.</summary>
    ImmutableArray<ExecutionProvider> Providers { get; }

    /// <summary>
    /// A version came into memory. Both events are raised on one thread, in their order, soon after what they tell of: handlers return at
    /// once. <see cref="ReadSessions"/> says what is in memory now; a version may have left again by the time this is heard.
    /// </summary>
    event Action<ModelId>? SessionLoaded;

    /// <summary>A version left memory, for whatever reason. See <see cref="SessionLoaded"/>.</summary>
    event Action<ModelId>? SessionFreed;

    /// <summary>
    /// Runs an inference on exactly this version, whatever the request's own reference says and however long it may take: who calls minds
    /// the time, and ends the wait by the token. Throws what <see cref="IModelHost.InferAsync"/> throws.
    /// </summary>
    ValueTask<InferenceResponse> InferAsync(InferenceRequest request, ModelVersion version, CancellationToken cancellationToken);

    /// <summary>
    /// Lets the calls under way finish and frees the memory; unlike <see cref="IModelHost.UnloadAsync"/> the next call loads the version
    /// again. Nothing happens where it is not in memory.
    /// </summary>
    ValueTask ReleaseAsync(ModelId model, CancellationToken cancellationToken);

    /// <summary>
    /// Takes versions of a model out for callers and lets all others in, as <see cref="IModelHost.UnloadAsync"/> would, with the reason
    /// that callers are told for each. Done when what was taken out has drained. Unknown versions are remembered for when they appear. What
    /// is let in again starts with a clean record; versions that were not taken out keep theirs.
    /// </summary>
    ValueTask ExcludeAsync(ModelName model, IReadOnlyDictionary<long, VersionExclusion> versions, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps these versions of a model in memory once they are there, and no others of it: neither idle time nor the need of others for
    /// room takes them, only an operator's word. Unknown versions are remembered for when they appear. It loads nothing.
    /// </summary>
    ValueTask HoldAsync(ModelName model, IReadOnlyCollection<ModelVersion> versions);
}
