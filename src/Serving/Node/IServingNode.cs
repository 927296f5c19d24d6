using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <summary>The interface of a serving process to its cluster.</summary>
public interface IServingNode
{
    /// <summary>Serves the models of this process only.</summary>
    IModelHost Host { get; }

    /// <summary>
    /// Increases when the repository changes, and when a version's load starts failing or recovers. Neither measured sizes nor exclusions
    /// increase it. Read it before the catalog.
    /// </summary>
    long CatalogSequence { get; }

    /// <summary>
    /// Why the catalog may lack models that were in the repository at startup; empty once all of them are stable. Read it before the
    /// catalog.
    /// </summary>
    string Settling { get; }

    /// <summary>What the repository holds, ordered by name and number.</summary>
    ImmutableArray<CatalogEntry> ReadCatalog();

    /// <summary>A version's settings; null if the repository does not have it.</summary>
    CatalogEntry? Find(ModelId model);

    /// <summary>Current memory usage and queue depth.</summary>
    NodeCapacity ReadCapacity();

    /// <summary>The loaded versions, unordered.</summary>
    ImmutableArray<ModelId> ReadSessions();

    /// <summary>The number of requests in a version's queue; 0 if it is not loaded.</summary>
    int QueueDepth(ModelId model);

    /// <summary>The execution providers available here, including CPU.</summary>
    ImmutableArray<ExecutionProvider> Providers { get; }

    /// <summary>
    /// Raised after a version was loaded. Both events are raised in order, on one thread, with a short delay; handlers must return quickly.
    /// The version may already be unloaded again: <see cref="ReadSessions"/> has the current state.
    /// </summary>
    event Action<ModelId>? SessionLoaded;

    /// <summary>Raised after a version was unloaded, for any reason. See <see cref="SessionLoaded"/>.</summary>
    event Action<ModelId>? SessionFreed;

    /// <summary>
    /// Answers a call on exactly the version that it is to be made on. Throws what <see cref="IModelHost.InferAsync"/> throws.
    /// </summary>
    ValueTask<InferenceResponse> InferAsync(InferenceCall call);

    /// <summary>
    /// Drains a version and frees its memory. Unlike after <see cref="IModelHost.UnloadAsync"/>, the next call loads it again. Does nothing
    /// if it is not loaded.
    /// </summary>
    ValueTask ReleaseAsync(ModelId model, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the excluded versions of a model, each with the reason given to callers, and admits all others, as
    /// <see cref="IModelHost.UnloadAsync"/> would. Returns once the excluded versions are drained. Applies to versions that appear later
    /// too. A version that is admitted again starts without recorded failures; versions that were not excluded keep theirs.
    /// </summary>
    ValueTask ExcludeAsync(ModelName model, IReadOnlyDictionary<long, VersionExclusion> versions, CancellationToken cancellationToken);

    /// <summary>Refuses inputs of a version for ten minutes from a time on, because they ended a process then.</summary>
    void Refuse(ModelId model, string inputs, DateTimeOffset at);

    /// <summary>
    /// Sets the held versions of a model: once loaded, they are evicted neither by idle time nor by memory pressure, only by an operator.
    /// Applies to versions that appear later too. Loads nothing.
    /// </summary>
    ValueTask HoldAsync(ModelName model, IReadOnlyCollection<ModelVersion> versions);
}
