using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>One version in the repository.</summary>
/// <param name="Id">Its name.</param>
/// <param name="ModelPath">The full path of its ONNX file.</param>
/// <param name="ModelFolder">The full path of the folder that all its files must stay inside.</param>
/// <param name="Stamp">Changes whenever the files or the settings do.</param>
/// <param name="Manifest">The model's settings.</param>
/// <param name="Error">Why it cannot be served, with paths relative to the repository; null where nothing is known against it.</param>
internal sealed record RepositoryVersion(
    ModelId Id, string ModelPath, string ModelFolder, ArtifactStamp Stamp, ModelManifest Manifest, string? Error);
