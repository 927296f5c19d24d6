using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Snapshots;

/// <summary>The content of the repository at one moment; immutable.</summary>
internal sealed class RepositorySnapshot(FrozenDictionary<ModelName, RepositoryModel> models, long sequence)
{
    public static RepositorySnapshot Empty { get; } = new(FrozenDictionary<ModelName, RepositoryModel>.Empty, 0);

    public FrozenDictionary<ModelName, RepositoryModel> Models { get; } = models;

    /// <summary>Increases by one with every change.</summary>
    public long Sequence { get; } = sequence;
}

/// <summary>One model in the repository.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">The versions selected by the policy, ascending. A version with an <see cref="RepositoryVersion.Error"/> is listed
/// in addition and never displaces a valid one.</param>
/// <param name="Manifest">Its settings; the defaults if the files could not be read.</param>
/// <param name="Error">Why none of its versions can be served; null otherwise.</param>
internal sealed record RepositoryModel(ModelName Name, ImmutableArray<RepositoryVersion> Versions, ModelManifest Manifest, string? Error);

/// <summary>One version in the repository.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ModelPath">The full path of its ONNX file.</param>
/// <param name="ModelFolder">The full path of the folder that must contain all its files.</param>
/// <param name="Stamp">Changes with the files or the settings.</param>
/// <param name="Manifest">The model's settings.</param>
/// <param name="Error">Why it cannot be served, with paths relative to the repository; null if no error is known.</param>
internal sealed record RepositoryVersion(
    ModelId Id, string ModelPath, string ModelFolder, ArtifactStamp Stamp, ModelManifest Manifest, string? Error)
{
    /// <summary>The full path of the version's folder, which contains the ONNX file directly or in a subfolder.</summary>
    public string Folder { get; init; } = Path.GetDirectoryName(ModelPath)!;
}
