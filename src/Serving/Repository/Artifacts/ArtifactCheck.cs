using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Artifacts;

/// <summary>Validates a version's files before ONNX Runtime reads them.</summary>
internal static class ArtifactCheck
{
    private static readonly TimeSpan RetryAfterChange = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Reads the signature of a version whose files are complete, inside the model's folder and consistent with its settings. Otherwise
    /// throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> and only the reason, with paths relative to the
    /// repository; callers add the model's name. Blocks on file I/O, without reading the weights.
    /// </summary>
    public static OnnxFileSummary Verify(RepositoryVersion version)
    {
        if (version.Error is { } known)
        {
            throw KreweException.Unavailable(known);
        }

        try
        {
            var content = VersionFolder.Read(version.Folder, version.Manifest.ModelFileName);
            if (content.HasModelFile && content.ToStamp(version.Stamp.Settings) != version.Stamp)
            {
                throw KreweException.Unavailable(
                    "its files have just been changed and are loaded once they are stable", RetryAfterChange);
            }

            var summary = ReadWhole(version.Id, version.ModelPath, version.ModelFolder);
            SignatureCheck.Verify(summary, version.Manifest);
            return summary;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw KreweException.Unavailable("its folder cannot be read by this process", innerException: exception);
        }
        catch (ArtifactException exception)
        {
            throw KreweException.Unavailable(exception.Message, innerException: exception);
        }
    }

    /// <summary>Reads a complete file and validates its external files; otherwise throws <see cref="ArtifactException"/>.</summary>
    public static OnnxFileSummary ReadWhole(ModelId id, string modelPath, string modelFolder)
    {
        var relative = $"{id}/{Path.GetFileName(modelPath)}";
        if (!RealPath.IsInside(modelPath, modelFolder))
        {
            throw new ArtifactException($"'{relative}' is a link that leads out of the model's folder");
        }

        try
        {
            var summary = OnnxFile.Read(modelPath);
            ExternalFileCheck.Verify(summary.ExternalFiles, Path.GetDirectoryName(modelPath)!, modelFolder);
            return summary;
        }
        catch (OnnxFileException exception)
        {
            throw new ArtifactException($"'{relative}' is not a valid ONNX file: {exception.Message}", exception);
        }
    }
}
