using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Repository.Files;

namespace Krewe.Serving.Repository.Artifacts;

/// <summary>Confines external weight files to the model's folder.</summary>
internal static class ExternalFileCheck
{
    // ONNX Runtime interprets a location with this text as a memory address.
    private const string MemoryAddress = "_ORT_MEM_ADDR_";

    /// <summary>Throws <see cref="ArtifactException"/> for the first file that is missing, too short, or outside the folder.</summary>
    public static void Verify(ImmutableArray<OnnxExternalFile> files, string versionFolder, string modelFolder)
    {
        foreach (var file in files)
        {
            if (FindFault(file, versionFolder, modelFolder) is { } fault)
            {
                throw new ArtifactException($"the model looks for weights in '{ErrorText.Quote(file.Location)}', {fault}");
            }
        }
    }

    private static string? FindFault(OnnxExternalFile file, string versionFolder, string modelFolder)
    {
        if (FindFaultOfText(file.Location) is { } fault)
        {
            return fault;
        }

        try
        {
            var path = Path.Combine(versionFolder, file.Location);
            if (!RealPath.IsInside(path, modelFolder))
            {
                return "a link that leads out of the model's folder";
            }

            if (!FileKind.IsRegular(path))
            {
                return "which is not a regular file";
            }

            var length = (RealPath.FindFile(path) ?? new FileInfo(path)).Length;
            return length >= file.MinLength ? null
                : IsLfsPointer(path)
                    ? "which is a Git LFS pointer and not the file: run 'git lfs pull' in the clone, and copy the file again"
                : $"which has {length} bytes: expected at least {file.MinLength}";
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return "which does not exist";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "which cannot be read";
        }
    }

    private static bool IsLfsPointer(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[64];
        return ForeignFormat.IsLfsPointer(head[..RandomAccess.Read(file, head, 0)]);
    }

    private static string? FindFaultOfText(string location)
    {
        if (location.Length == 0 || location.Contains('\0') || location.Contains(MemoryAddress, StringComparison.Ordinal))
        {
            return "which is not a file name";
        }

        var isRooted = Path.IsPathRooted(location) || location[0] is '/' or '\\' || (location.Length > 1 && location[1] == ':');
        return isRooted || location.Split('/', '\\').Contains("..")
            ? "which is not below the version's folder: expected a relative path without '..'"
            : null;
    }
}
