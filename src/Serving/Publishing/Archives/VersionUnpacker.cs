using System.Collections.Immutable;
using System.IO.Compression;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Publishing.Archives;

/// <summary>Makes the folder of a version out of the bytes that came.</summary>
internal static class VersionUnpacker
{
    // Without it the platform takes compressed data that is cut short for complete.
    static VersionUnpacker() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>
    /// Unpacks a body, or makes it the model's file where it is no archive. Throws <see cref="KreweErrorCode.InvalidInput"/> for an
    /// archive that is damaged or holds no version. Blocks on the files.
    /// </summary>
    /// <param name="staging">The upload.</param>
    /// <param name="format">What the body is; null to tell it from its first bytes.</param>
    /// <param name="body">What the whole body hashes to.</param>
    /// <param name="modelFileName">The name of the model's file.</param>
    /// <param name="maxBytes">The most bytes that an archive may unpack to.</param>
    /// <param name="cancellationToken">Ends it between two pieces.</param>
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
            var target = new UnpackTarget(staging.Content, maxBytes, cancellationToken);
            Unpack(staging.Body, format ?? Detect(staging.Body), target, maxBytes);
            File.Delete(staging.Body);
            return FindVersion(staging.Content, target.Files, modelFileName);
        }
        catch (Exception error) when (error is ArchiveException or InvalidDataException)
        {
            var reason = error is ArchiveException ? error.Message : "it is damaged, or compressed in a way that nobody here can read";
            throw KreweException.InvalidInput($"the archive cannot be published: {reason}", error);
        }
    }

    private static ArtifactFormat Detect(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[FormatDetection.Bytes];
        return FormatDetection.Detect(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    private static void Unpack(string path, ArtifactFormat format, UnpackTarget target, long maxBytes)
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
                    TarUnpacker.Unpack(plain, target, maxBytes);
                }

                break;
            default:
                TarUnpacker.Unpack(file, target, maxBytes);
                break;
        }
    }

    /// <summary>The version is what the archive holds, or the one folder that it holds.</summary>
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

    /// <summary>Whether the ONNX file is there, or is in the folder that Triton has for a model of several files.</summary>
    private static bool HasModel(ImmutableArray<PublishedFile> files, string folder, string modelFileName) => files.Any(
        file => file.Name == folder + modelFileName || file.Name == $"{folder}{modelFileName}/{ModelManifest.DefaultModelFileName}");
}

/// <summary>Tells an archive from an ONNX file by its first bytes.</summary>
internal static class FormatDetection
{
    /// <summary>How many bytes it takes to tell.</summary>
    public const int Bytes = TarHeader.Bytes;

    private const int TarMagicOffset = 257;

    private static ReadOnlySpan<byte> GzipMark => [0x1F, 0x8B, 0x08];

    /// <summary>What begins so; whatever is no archive is taken for an ONNX file, which is then read as one.</summary>
    public static ArtifactFormat Detect(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8) ? ArtifactFormat.Zip
        : start.StartsWith(GzipMark) ? ArtifactFormat.TarGzip
        : start.Length >= Bytes && start[TarMagicOffset..].StartsWith("ustar"u8) ? ArtifactFormat.Tar
        : ArtifactFormat.Onnx;
}

/// <summary>A version's files as they are going to lie in the repository.</summary>
/// <param name="Folder">The folder that is going to be the version's.</param>
/// <param name="Files">What is in it, by name.</param>
internal sealed record UnpackedVersion(string Folder, ImmutableArray<PublishedFile> Files);
