using System.Collections.Immutable;
using System.IO.Compression;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>Creates a version's folder from an upload.</summary>
internal static class VersionUnpacker
{
    // Otherwise System.IO.Compression accepts truncated data as complete.
    static VersionUnpacker() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>
    /// Unpacks an archive, or takes the upload as the model file if it is not one. Throws <see cref="KreweErrorCode.InvalidInput"/> for an
    /// archive that is damaged or contains no version. Blocks on file I/O.
    /// </summary>
    /// <param name="staging">The upload.</param>
    /// <param name="format">The format of the upload; null detects it from the first bytes.</param>
    /// <param name="body">The digest of the whole upload.</param>
    /// <param name="modelFileName">The name of the model file.</param>
    /// <param name="maxBytes">The size limit of the unpacked archive.</param>
    /// <param name="cancellationToken">Cancels between two chunks.</param>
    public static UnpackedVersion Unpack(
        StagingFolder staging, ArtifactFormat? format, PublishedFile body, string modelFileName, long maxBytes,
        CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(staging.Content);
        if ((format ?? Detect(staging.Body)) == ArtifactFormat.Onnx)
        {
            File.Move(staging.Body, Path.Combine(staging.Content, modelFileName));
            return new UnpackedVersion(staging.Content, [body with { Name = modelFileName }]);
        }

        try
        {
            var budget = new UnpackBudget(maxBytes, body.SizeBytes);
            var target = new UnpackTarget(staging.Content, budget, cancellationToken);
            Unpack(staging.Body, format ?? Detect(staging.Body), target, budget);
            File.Delete(staging.Body);
            return FindVersion(staging.Content, target.Files, modelFileName);
        }
        catch (Exception error) when (error is ArchiveException or InvalidDataException)
        {
            var reason = error is ArchiveException ? error.Message : "it is damaged, or uses an unsupported compression method";
            throw KreweException.InvalidInput($"the archive cannot be published: {reason}", error);
        }
    }

    private static ArtifactFormat Detect(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[FormatDetection.Bytes];
        return FormatDetection.Detect(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    private static void Unpack(string path, ArtifactFormat format, UnpackTarget target, UnpackBudget budget)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 128 << 10);
        switch (format)
        {
            case ArtifactFormat.Zip:
                ZipUnpacker.Unpack(file, target);
                break;
            case ArtifactFormat.TarGzip:
                using (var plain = new GZipStream(file, CompressionMode.Decompress))
                {
                    TarUnpacker.Unpack(plain, target, budget);
                }

                break;
            default:
                TarUnpacker.Unpack(file, target, budget);
                break;
        }
    }

    /// <summary>The version is the content of the archive, or of its only folder.</summary>
    private static UnpackedVersion FindVersion(string content, ImmutableArray<PublishedFile> files, string modelFileName)
    {
        if (HasModel(files, "", modelFileName))
        {
            return new UnpackedVersion(content, files);
        }

        if (Directory.GetFileSystemEntries(content) is [var top] && Path.GetFileName(top) is var name
            && HasModel(files, $"{name}/", modelFileName))
        {
            return new UnpackedVersion(top, [.. files.Select(file => file with { Name = file.Name[(name.Length + 1)..] })]);
        }

        var found = files.IsEmpty ? "no file" : string.Join(", ", files.Take(5).Select(file => $"'{ErrorText.Quote(file.Name)}'"));
        throw new ArchiveException(
            $"it has no '{modelFileName}' at its top or in the one folder there: it has {found}{(files.Length > 5 ? ", ..." : "")}");
    }

    /// <summary>Whether the ONNX file exists, directly or inside the folder that Triton uses for multi-file models.</summary>
    private static bool HasModel(ImmutableArray<PublishedFile> files, string folder, string modelFileName) => files.Any(
        file => file.Name == folder + modelFileName || file.Name == $"{folder}{modelFileName}/{ModelManifest.DefaultModelFileName}");
}

/// <summary>Detects archives by their first bytes.</summary>
internal static class FormatDetection
{
    /// <summary>The number of bytes needed for detection.</summary>
    public const int Bytes = TarHeader.Bytes;

    private const int TarMagicOffset = 257;

    private static ReadOnlySpan<byte> GzipMark => [0x1F, 0x8B, 0x08];

    /// <summary>The detected format; anything that is not an archive is read as an ONNX file.</summary>
    public static ArtifactFormat Detect(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8) ? ArtifactFormat.Zip
        : start.StartsWith(GzipMark) ? ArtifactFormat.TarGzip
        : start.Length >= Bytes && start[TarMagicOffset..].StartsWith("ustar"u8) ? ArtifactFormat.Tar
        : ArtifactFormat.Onnx;
}

/// <summary>The files of a version as they will be in the repository.</summary>
/// <param name="Folder">The staged version folder.</param>
/// <param name="Files">Its files, by name.</param>
internal sealed record UnpackedVersion(string Folder, ImmutableArray<PublishedFile> Files);
