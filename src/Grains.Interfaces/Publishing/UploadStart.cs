using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>The announcement of an upload.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-start")]
public sealed record UploadStart
{
    /// <summary>The version.</summary>
    [Id(0)] public required ModelId Version { get; init; }

    /// <summary>The number of its <see cref="ArtifactFormat"/>; null to detect it from the bytes.</summary>
    [Id(1)] public int? Format { get; init; }

    /// <summary>The number of bytes; null if unknown.</summary>
    [Id(2)] public long? Length { get; init; }

    /// <summary>The maximum number of bytes, both as sent and as unpacked.</summary>
    [Id(3)] public required long MaxBytes { get; init; }

    /// <summary>The expected SHA-256, in hexadecimal digits; empty if unknown.</summary>
    [Id(4)] public string Sha256 { get; init; } = "";

    /// <summary>From a caller's request.</summary>
    public static UploadStart Of(ModelId version, PublishRequest request) => new()
    {
        Version = version,
        Format = (int?)request.Format,
        Length = request.Length,
        MaxBytes = request.MaxBytes,
        Sha256 = request.ExpectedSha256?.Hex ?? "",
    };

    /// <summary>The part of the caller's request that concerns the silo.</summary>
    public PublishRequest ToRequest() => new()
    {
        Format = (ArtifactFormat?)Format,
        Length = Length,
        MaxBytes = MaxBytes,
        ExpectedSha256 = Sha256.Length > 0 ? Sha256Digest.Parse(Sha256) : null,
    };
}

/// <summary>An open upload.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-ticket")]
public sealed record UploadTicket
{
    /// <summary>Identifies the upload on the silo.</summary>
    [Id(0)] public required string Token { get; init; }

    /// <summary>When the version was published to this repository; null if it was not.</summary>
    [Id(1)] public DateTimeOffset? PublishedAt { get; init; }
}

/// <summary>One file of an uploaded version.</summary>
/// <param name="Name">Its path below the version's folder.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in hexadecimal digits.</param>
[GenerateSerializer, Immutable, Alias("krewe.uploaded-file")]
public readonly record struct UploadedFile([property: Id(0)] string Name, [property: Id(1)] long SizeBytes, [property: Id(2)] string Sha256)
{
    /// <summary>Converts to the domain type.</summary>
    public PublishedFile ToPublished() => new(Name, SizeBytes, Sha256Digest.Parse(Sha256));
}
