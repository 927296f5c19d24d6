namespace Krewe.Abstractions.Publishing;

/// <summary>The options of a publish.</summary>
public sealed record PublishRequest
{
    /// <summary>The default size limit: 16 GiB.</summary>
    public const long DefaultMaxBytes = 16L << 30;

    /// <summary>The format of the content; null detects it from the first bytes.</summary>
    public ArtifactFormat? Format { get; init; }

    /// <summary>The expected digest; null if not given.</summary>
    public Sha256Digest? ExpectedSha256 { get; init; }

    /// <summary>The announced number of bytes; null if not given.</summary>
    public long? Length { get; init; }

    /// <summary>The size limit for the upload, and for the unpacked archive.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>True to skip the signature check against the serving version. Nothing else is skipped.</summary>
    public bool Force { get; init; }
}

/// <summary>The format of an upload.</summary>
public enum ArtifactFormat
{
    /// <summary>One ONNX file with embedded weights.</summary>
    Onnx,

    /// <summary>A tar archive of the version's folder.</summary>
    Tar,

    /// <summary>A gzip-compressed tar archive.</summary>
    TarGzip,

    /// <summary>A zip archive of the version's folder.</summary>
    Zip,
}
