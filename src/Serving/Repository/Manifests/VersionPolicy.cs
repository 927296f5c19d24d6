using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Which of the versions in a model's folder are served.</summary>
internal abstract record VersionPolicy
{
    private VersionPolicy()
    {
    }

    /// <summary>Serves every version.</summary>
    public static VersionPolicy All { get; } = new AllVersions();

    /// <summary>Serves the newest <paramref name="count"/> versions.</summary>
    public static VersionPolicy Latest(int count) => new LatestVersions(count);

    /// <summary>Serves these versions, if they exist.</summary>
    public static VersionPolicy Specific(params ReadOnlySpan<ModelVersion> versions) =>
        new SpecificVersions([.. versions.ToArray().Distinct().Order()]);

    /// <summary>The versions to serve among <paramref name="ascending"/>, in the same order.</summary>
    public abstract IEnumerable<ModelVersion> Select(IReadOnlyList<ModelVersion> ascending);

    internal sealed record AllVersions : VersionPolicy
    {
        public override IEnumerable<ModelVersion> Select(IReadOnlyList<ModelVersion> ascending) => ascending;

        public override string ToString() => "all";
    }

    internal sealed record LatestVersions(int Count) : VersionPolicy
    {
        public override IEnumerable<ModelVersion> Select(IReadOnlyList<ModelVersion> ascending) => ascending.TakeLast(Count);

        public override string ToString() => $"latest {Count}";
    }

    internal sealed record SpecificVersions(ImmutableArray<ModelVersion> Versions) : VersionPolicy
    {
        public override IEnumerable<ModelVersion> Select(IReadOnlyList<ModelVersion> ascending) => ascending.Where(Versions.Contains);

        public bool Equals(SpecificVersions? other) => other is not null && Versions.SequenceEqual(other.Versions);

        public override int GetHashCode() => Versions.Aggregate(0, HashCode.Combine);

        public override string ToString() => $"specific {string.Join(',', Versions)}";
    }
}
