namespace Krewe.Abstractions;

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
