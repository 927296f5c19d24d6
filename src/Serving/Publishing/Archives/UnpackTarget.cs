using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Files;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>
/// The destination of an archive: validates every name, counts and hashes every byte. What is too much, for a version, for the archive's
/// own size or for the disk, is refused before it is written. Files of other systems (<see cref="ForeignFiles"/>) are skipped.
/// </summary>
internal sealed class UnpackTarget(string folder, UnpackBudget budget, CancellationToken cancellationToken)
{
    /// <summary>The maximum number of entries in an archive.</summary>
    public const int MaxEntries = 1000;

    private const int BufferBytes = 128 << 10;
    private readonly HashSet<string> folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PublishedFile> files = new(StringComparer.Ordinal);
    private readonly byte[] buffer = new byte[BufferBytes];
    private int entries;
    private long bytes;

    /// <summary>The files so far, by name.</summary>
    public ImmutableArray<PublishedFile> Files => [.. files.Values.OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>Creates a folder, which may already exist.</summary>
    public void AddFolder(string name)
    {
        CountEntry();
        if (!ForeignFiles.Has(name))
        {
            MakeFolders(name, EntryName.Split(name));
        }
    }

    /// <summary>
    /// Writes a file of <paramref name="length"/> bytes; throws <see cref="ArchiveException"/> if <paramref name="content"/> ends early or
    /// the name exists.
    /// </summary>
    public void AddFile(string name, Stream content, long length)
    {
        CountEntry();
        if (length < 0 || length > budget.Bytes - bytes)
        {
            throw budget.Exceeded();
        }

        StorageFault.CheckFreeSpace(folder, length);
        bytes += length;
        if (ForeignFiles.Has(name))
        {
            Copy(content, Stream.Null, length);
            return;
        }

        var parts = EntryName.Split(name);
        if (parts.Length == 0)
        {
            throw new ArchiveException($"it has a file '{ErrorText.Quote(name)}': expected a file's name");
        }

        if (parts[^1] == VersionRecord.FileName)
        {
            // Present if a published version's folder was packed as is; the record is created again.
            Copy(content, Stream.Null, length);
            return;
        }

        MakeFolders(name, parts[..^1]);
        var path = string.Join('/', parts);
        if (folders.Contains(path) || files.ContainsKey(path))
        {
            throw new ArchiveException($"it has '{ErrorText.Quote(name)}' twice");
        }

        using var file = new FileStream(
            Path.Combine([folder, .. parts]), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        files.Add(path, new PublishedFile(path, length, Copy(content, file, length)));
    }

    private void CountEntry()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (++entries > MaxEntries)
        {
            throw new ArchiveException($"it has more than {MaxEntries} entries");
        }
    }

    private void MakeFolders(string name, string[] parts)
    {
        for (var count = 1; count <= parts.Length; count++)
        {
            var path = string.Join('/', parts[..count]);
            if (files.ContainsKey(path))
            {
                throw new ArchiveException($"it has '{ErrorText.Quote(name)}', part of which is a file");
            }

            if (folders.Add(path))
            {
                Directory.CreateDirectory(Path.Combine([folder, .. parts[..count]]));
            }
        }
    }

    private Sha256Digest Copy(Stream content, Stream target, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var left = length; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = content.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
            {
                throw new ArchiveException("it ends in the middle of a file");
            }

            hash.AppendData(buffer, 0, read);
            target.Write(buffer, 0, read);
            left -= read;
        }

        return Sha256Digest.FromBytes(hash.GetHashAndReset());
    }
}

/// <summary>How much an archive may unpack to.</summary>
/// <param name="MaxBytes">The most that a version may have.</param>
/// <param name="ArchiveBytes">The size of the archive.</param>
internal sealed record UnpackBudget(long MaxBytes, long ArchiveBytes)
{
    // Weights hardly shrink; a file of zeros shrinks a thousand times.
    private const int MaxRatio = 100;
    private const long AlwaysAllowed = 64L << 20;

    public long Bytes { get; } = Math.Min(MaxBytes, AlwaysAllowed + (MaxRatio * Math.Min(ArchiveBytes, long.MaxValue / MaxRatio / 2)));

    public KreweException Exceeded() => KreweException.PayloadTooLarge(Bytes == MaxBytes
        ? $"the archive unpacks to more than the {ErrorText.Bytes(MaxBytes)} that a version may have"
        : $"the archive unpacks to more than {ErrorText.Bytes(Bytes)}, {MaxRatio} times its size and {ErrorText.Bytes(AlwaysAllowed)}");
}
