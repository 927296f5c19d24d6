using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Snapshots;

/// <summary>What the repository held at one moment; immutable, swapped whole.</summary>
internal sealed class RepositorySnapshot(FrozenDictionary<ModelName, RepositoryModel> models, long sequence)
{
    public static RepositorySnapshot Empty { get; } = new(FrozenDictionary<ModelName, RepositoryModel>.Empty, 0);

    public FrozenDictionary<ModelName, RepositoryModel> Models { get; } = models;

    /// <summary>Grows by one with every change.</summary>
    public long Sequence { get; } = sequence;
}

/// <summary>One model in the repository.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">
/// Ascending, those the policy serves. A version with an <see cref="RepositoryVersion.Error"/> is listed besides the good ones and
/// never takes the place of one.
/// </param>
/// <param name="Manifest">Its settings; the default ones where the files could not be read.</param>
/// <param name="Error">Why none of its versions can be served; null otherwise.</param>
internal sealed record RepositoryModel(ModelName Name, ImmutableArray<RepositoryVersion> Versions, ModelManifest Manifest, string? Error);

/// <summary>One version in the repository.</summary>
/// <param name="Id">Its name.</param>
/// <param name="ModelPath">The full path of its ONNX file.</param>
/// <param name="ModelFolder">The full path of the folder that all its files must stay inside.</param>
/// <param name="Stamp">Changes whenever the files or the settings do.</param>
/// <param name="Manifest">The model's settings.</param>
/// <param name="Error">Why it cannot be served, with paths relative to the repository; null where nothing is known against it.</param>
internal sealed record RepositoryVersion(
    ModelId Id, string ModelPath, string ModelFolder, ArtifactStamp Stamp, ModelManifest Manifest, string? Error)
{
    /// <summary>The full path of the version's folder, in which the ONNX file lies or the folder that holds it.</summary>
    public string Folder { get; init; } = Path.GetDirectoryName(ModelPath)!;
}
