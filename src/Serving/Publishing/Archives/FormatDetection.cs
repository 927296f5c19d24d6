using Krewe.Abstractions;

namespace Krewe.Serving;

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
