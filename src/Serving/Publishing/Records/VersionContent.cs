using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Publishing.Files;

namespace Krewe.Serving.Publishing.Records;

/// <summary>The content of a version's folder: two versions are equal if their files are.</summary>
internal static class VersionContent
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true, MaxRecursionDepth = EntryName.MaxDepth, AttributesToSkip = 0, IgnoreInaccessible = false,
    };

    /// <summary>
    /// The files of a folder by name, without our record: from the record if it still matches, otherwise hashed. Null if the folder
    /// contains anything but regular files. Blocks for as long as that takes.
    /// </summary>
    public static ImmutableArray<PublishedFile>? Read(string folder, CancellationToken cancellationToken)
    {
        if (VersionRecord.Read(folder) is { } record && record.Describes(folder))
        {
            return record.Files;
        }

        var files = ImmutableArray.CreateBuilder<PublishedFile>();
        foreach (var name in Names(folder).Where(name => name != VersionRecord.FileName).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, name);
            if (!Path.Exists(path) || !FileKind.IsRegular(path))
            {
                return null;
            }

            cancellationToken.ThrowIfCancellationRequested();
            files.Add(Hash(path, name));
        }

        return files.ToImmutable();
    }

    /// <summary>The names of all files and links in a folder, separated by '/'.</summary>
    public static IEnumerable<string> Names(string folder) => Directory.EnumerateFiles(folder, "*", Everything)
        .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'));

    /// <summary>Brings all files of a folder to disk, last written at one time, and then its folders.</summary>
    public static void Flush(string folder, DateTimeOffset writtenAt)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", Everything))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            File.SetLastWriteTimeUtc(file, writtenAt.UtcDateTime);
            RandomAccess.FlushToDisk(file);
        }

        foreach (var path in Directory.EnumerateDirectories(folder, "*", Everything).Append(folder))
        {
            FolderSync.Flush(path);
        }
    }

    private static PublishedFile Hash(string path, string name)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return new PublishedFile(name, file.Length, Sha256Digest.FromBytes(SHA256.HashData(file)));
    }
}
