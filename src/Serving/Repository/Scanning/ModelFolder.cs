using System.IO.Enumeration;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>The relevant entries of a model's folder.</summary>
/// <param name="Manifest">The settings files.</param>
/// <param name="Versions">The folders named like a version, ascending.</param>
internal sealed record ModelFolder(ManifestStamp Manifest, List<VersionEntry> Versions)
{
    private static readonly EnumerationOptions Options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Reads the folder; null if it does not exist.</summary>
    public static ModelFolder? Read(string folder)
    {
        var manifest = ManifestStamp.None;
        var versions = new List<VersionEntry>();
        try
        {
            var entries = new FileSystemEnumerable<Entry>(folder, static (ref FileSystemEntry entry) => new Entry(ref entry), Options)
            {
                ShouldIncludePredicate = static (ref FileSystemEntry entry) => Matters(ref entry),
            };
            foreach (var entry in entries)
            {
                manifest = entry.Name switch
                {
                    ManifestFiles.Json => manifest with { JsonBytes = entry.Bytes, JsonWrite = entry.LastWrite },
                    ManifestFiles.Pbtxt => manifest with { PbtxtBytes = entry.Bytes, PbtxtWrite = entry.LastWrite },
                    _ => manifest,
                };
                if (entry.IsFolder && ModelVersion.TryParse(entry.Name, out var version))
                {
                    versions.Add(new VersionEntry(version, Path.Combine(folder, entry.Name), entry.IsLink));
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }

        versions.Sort((left, right) => left.Version.CompareTo(right.Version));
        return new ModelFolder(manifest, versions);
    }

    private static bool Matters(ref FileSystemEntry entry) => entry.IsDirectory
        ? char.IsAsciiDigit(entry.FileName[0])
        : entry.FileName is ManifestFiles.Json or ManifestFiles.Pbtxt;

    private readonly struct Entry
    {
        public Entry(ref FileSystemEntry entry)
        {
            Name = entry.FileName.ToString();
            IsFolder = entry.IsDirectory;
            IsLink = (entry.Attributes & FileAttributes.ReparsePoint) != 0;
            (Bytes, LastWrite) = (entry.Length, entry.LastWriteTimeUtc);
            if (IsLink && !IsFolder && RealPath.FindFile(entry.ToFullPath()) is { } target)
            {
                (Bytes, LastWrite) = (target.Length, target.LastWriteTimeUtc);
            }
        }

        public string Name { get; }

        public bool IsFolder { get; }

        public bool IsLink { get; }

        public long Bytes { get; }

        public DateTimeOffset LastWrite { get; }
    }
}

/// <summary>A folder that is named like a version.</summary>
internal readonly record struct VersionEntry(ModelVersion Version, string Folder, bool IsLink);

/// <summary>Length and time of last writing of the files with a model's settings; -1 for a file that is not there.</summary>
internal readonly record struct ManifestStamp(long JsonBytes, DateTimeOffset JsonWrite, long PbtxtBytes, DateTimeOffset PbtxtWrite)
{
    public static ManifestStamp None { get; } = new(-1, default, -1, default);

    public DateTimeOffset LastWrite => JsonWrite > PbtxtWrite ? JsonWrite : PbtxtWrite;
}
