using System.Collections.Frozen;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>What the repository held at one moment; immutable, swapped whole.</summary>
internal sealed class RepositorySnapshot(FrozenDictionary<ModelName, RepositoryModel> models, long sequence)
{
    public static RepositorySnapshot Empty { get; } = new(FrozenDictionary<ModelName, RepositoryModel>.Empty, 0);

    public FrozenDictionary<ModelName, RepositoryModel> Models { get; } = models;

    /// <summary>Grows by one with every change.</summary>
    public long Sequence { get; } = sequence;
}
