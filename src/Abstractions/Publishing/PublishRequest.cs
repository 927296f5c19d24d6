namespace Krewe.Abstractions.Publishing;

/// <summary>What is known of a version that is about to be published, and what may become of it.</summary>
public sealed record PublishRequest
{
    /// <summary>The most bytes unless told otherwise: 16 GiB.</summary>
    public const long DefaultMaxBytes = 16L << 30;

    /// <summary>What the bytes are; null to tell it from the first of them.</summary>
    public ArtifactFormat? Format { get; init; }

    /// <summary>What the bytes must hash to; null where nobody said.</summary>
    public Sha256Digest? ExpectedSha256 { get; init; }

    /// <summary>How many bytes are going to come; null where nobody said.</summary>
    public long? Length { get; init; }

    /// <summary>The most bytes that may come, and that an archive may unpack to.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>True to publish whatever the signature is, compared with that of the serving version. Nothing else is skipped.</summary>
    public bool Force { get; init; }
}

/// <summary>What the bytes of a published version are.</summary>
public enum ArtifactFormat
{
    /// <summary>One ONNX file, with all its weights inside.</summary>
    Onnx,

    /// <summary>A tar archive of the version's folder.</summary>
    Tar,

    /// <summary>The same, compressed by gzip.</summary>
    TarGzip,

    /// <summary>A zip archive of the version's folder.</summary>
    Zip,
}
