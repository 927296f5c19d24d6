using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Artifacts;

/// <summary>Reads a version's folder without opening its files.</summary>
internal static class VersionFolder
{
    private const int MaxDepth = 8;

    private static readonly EnumerationOptions Options = new()
    {
        RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = 0, IgnoreInaccessible = false,
    };

    /// <summary>
    /// The path of the ONNX file: the given name; or, if a folder has that name, Triton's name for the main file of a multi-file model; or,
    /// if the settings name none, the only ONNX file.
    /// </summary>
    public static string FindModel(string folder, string modelFileName)
    {
        var path = Path.Combine(folder, modelFileName);
        if (Directory.Exists(path))
        {
            return Path.Combine(path, ModelManifest.DefaultModelFileName);
        }

        return modelFileName == ModelManifest.DefaultModelFileName && !File.Exists(path) && FindModels(folder) is [var only]
            ? Path.Combine(folder, only)
            : path;
    }

    /// <summary>The names of the ONNX files in a folder, sorted; empty if it cannot be read.</summary>
    public static IReadOnlyList<string> FindModels(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path)).Where(IsOnnx).Order(
                StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public static bool IsOnnx(string fileName) => IsOnnx(fileName.AsSpan());

    private static bool IsOnnx(ReadOnlySpan<char> fileName) =>
        fileName.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) && !ForeignFiles.Has(fileName);

    /// <summary>Reads the folder; a missing one counts as empty.</summary>
    public static FolderContent Read(string folder, string modelFileName)
    {
        var content = default(FolderContent);
        try
        {
            var entries = new FileSystemEnumerable<FolderContent>(
                folder, (ref FileSystemEntry entry) => Read(ref entry, modelFileName), Options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory || IsLink(ref entry),
                ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsLink(ref entry),
            };

            // The digest is a sum because enumeration order is not guaranteed.
            foreach (var entry in entries)
            {
                content = new FolderContent(
                    content.Bytes + entry.Bytes,
                    content.LastWrite > entry.LastWrite ? content.LastWrite : entry.LastWrite,
                    content.Digest + entry.Digest,
                    content.HasModelFile || entry.HasModelFile,
                    content.HasRecord || entry.HasRecord,
                    content.OtherModelFiles + entry.OtherModelFiles);
            }
        }
        catch (DirectoryNotFoundException)
        {
            return default;
        }

        return content.HasModelFile || modelFileName != ModelManifest.DefaultModelFileName
            ? content with { OtherModelFiles = 0 }
            : content with { HasModelFile = content.OtherModelFiles > 0 };
    }

    private static bool IsLink(ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    private static FolderContent Read(ref FileSystemEntry entry, string modelFileName)
    {
        var (length, written, exists) = (entry.Length, entry.LastWriteTimeUtc, true);
        if (IsLink(ref entry))
        {
            // Use the link's target, which can change while the link does not.
            var target = RealPath.FindFile(entry.ToFullPath());
            exists = target is not null;
            length = target?.Length ?? 0;
            written = target?.LastWriteTimeUtc ?? written;
        }

        var isAtTop = exists && entry.Directory.Length == entry.RootDirectory.Length;
        return new FolderContent(
            length, written, Digest(ref entry, length, written),
            HasModelFile: exists && IsModel(ref entry, isAtTop, modelFileName),
            HasRecord: isAtTop && entry.FileName.Equals(VersionRecord.FileName, StringComparison.Ordinal),
            OtherModelFiles: isAtTop && IsOnnx(entry.FileName) ? 1 : 0);
    }

    private static bool IsModel(ref FileSystemEntry entry, bool isAtTop, string modelFileName) => isAtTop
        ? entry.FileName.Equals(modelFileName, StringComparison.Ordinal)
        : entry.FileName is ModelManifest.DefaultModelFileName
            && entry.Directory[(entry.RootDirectory.Length + 1)..].Equals(modelFileName, StringComparison.Ordinal);

    private static UInt128 Digest(ref FileSystemEntry entry, long length, DateTimeOffset written)
    {
        const int Size = SHA256.HashSizeInBytes;
        Span<byte> parts = stackalloc byte[(2 * Size) + (2 * sizeof(long))];
        parts.Clear();
        SHA256.HashData(MemoryMarshal.AsBytes(entry.FileName), parts);
        if (entry.Directory.Length > entry.RootDirectory.Length)
        {
            SHA256.HashData(MemoryMarshal.AsBytes(entry.Directory[entry.RootDirectory.Length..]), parts[Size..]);
        }

        BinaryPrimitives.WriteInt64LittleEndian(parts[(2 * Size)..], length);
        BinaryPrimitives.WriteInt64LittleEndian(parts[((2 * Size) + sizeof(long))..], written.UtcTicks);
        Span<byte> digest = stackalloc byte[Size];
        SHA256.HashData(parts, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }
}
