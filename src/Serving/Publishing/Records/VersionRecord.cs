using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Publishing;

namespace Krewe.Serving.Publishing.Records;

/// <summary>The publish record stored in a published version's folder.</summary>
/// <param name="SizeBytes">The number of bytes uploaded.</param>
/// <param name="Sha256">Their digest.</param>
/// <param name="PublishedAt">The publish time, which is also the write time of every file.</param>
/// <param name="Files">The version's files, by name.</param>
internal sealed record VersionRecord(long SizeBytes, Sha256Digest Sha256, DateTimeOffset PublishedAt, ImmutableArray<PublishedFile> Files)
{
    public const string FileName = ".krewe-version.json";

    private const int MaxBytes = 4 << 20;

    /// <summary>Reads a folder's record; null if there is no readable one.</summary>
    public static VersionRecord? Read(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, FileName));
            return file is { Exists: true, LinkTarget: null, Length: <= MaxBytes } ? Parse(File.ReadAllBytes(file.FullName)) : null;
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return null;
        }
    }

    /// <summary>Writes the record into a folder.</summary>
    public void Write(string folder)
    {
        using var file = File.Create(Path.Combine(folder, FileName));
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("size_bytes", SizeBytes);
        json.WriteString("sha256", Sha256.Hex);
        json.WriteString("published_at", PublishedAt);
        json.WriteStartArray("files");
        foreach (var published in Files)
        {
            json.WriteStartObject();
            json.WriteString("name", published.Name);
            json.WriteNumber("size_bytes", published.SizeBytes);
            json.WriteString("sha256", published.Sha256.Hex);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// True if the folder has exactly the files of this record, unmodified since the publish. Then it was put there by a rename, or is a
    /// complete copy of such a folder.
    /// </summary>
    public bool Describes(string folder)
    {
        var names = Files.Select(file => file.Name).Append(FileName).ToHashSet(StringComparer.Ordinal);
        var found = VersionContent.Names(folder).ToList();
        return found.Count == names.Count && found.TrueForAll(names.Contains) && Files.All(file => IsUntouched(folder, file));
    }

    private bool IsUntouched(string folder, PublishedFile published)
    {
        var file = new FileInfo(Path.Combine(folder, published.Name));
        return file is { Exists: true, LinkTarget: null } && file.Length == published.SizeBytes
            && file.LastWriteTimeUtc == PublishedAt.UtcDateTime;
    }

    private static VersionRecord? Parse(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var files = root.GetProperty("files").EnumerateArray().Select(file => new PublishedFile(
                file.GetProperty("name").GetString()!, file.GetProperty("size_bytes").GetInt64(), Digest(file)));
            return new VersionRecord(
                root.GetProperty("size_bytes").GetInt64(), Digest(root), root.GetProperty("published_at").GetDateTimeOffset(), [.. files]);
        }
        catch (Exception error) when (
            error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or KreweException)
        {
            // Written by something else or by a later release: hash the files instead.
            return null;
        }
    }

    private static Sha256Digest Digest(JsonElement element) => Sha256Digest.Parse(element.GetProperty("sha256").GetString());
}
