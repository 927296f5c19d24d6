using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Artifacts;

/// <summary>What must hold of a version's files before ONNX Runtime sees them.</summary>
internal static class ArtifactCheck
{
    private static readonly TimeSpan RetryAfterChange = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Reads the signature of a version whose files are whole, lie inside the model's folder and agree with its settings. Otherwise
    /// throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> and the reason alone, paths relative to the
    /// repository: whose it is, callers say. Blocks on the files, without reading the weights.
    /// </summary>
    public static OnnxFileSummary Verify(RepositoryVersion version)
    {
        if (version.Error is { } known)
        {
            throw KreweException.Unavailable(known);
        }

        try
        {
            var content = VersionFolder.Look(version.Folder, version.Manifest.ModelFileName);
            if (content.HasModelFile && content.ToStamp(version.Stamp.Settings) != version.Stamp)
            {
                throw KreweException.Unavailable(
                    "its files have just been changed and are taken up again when they rest", RetryAfterChange);
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

    /// <summary>Reads a file that is whole, with all it needs beside it; otherwise throws <see cref="ArtifactException"/>.</summary>
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
            throw new ArtifactException($"'{relative}' is no ONNX file that can be served: {exception.Message}", exception);
        }
    }
}
