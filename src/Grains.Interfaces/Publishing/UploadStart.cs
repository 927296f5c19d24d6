using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>What a silo is told of a version that is going to come.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-start")]
public sealed record UploadStart
{
    /// <summary>The version.</summary>
    [Id(0)] public required ModelId Version { get; init; }

    /// <summary>The number of its <see cref="ArtifactFormat"/>; null to tell it from its bytes.</summary>
    [Id(1)] public int? Format { get; init; }

    /// <summary>How many bytes are going to come; null where nobody said.</summary>
    [Id(2)] public long? Length { get; init; }

    /// <summary>The most bytes, as sent and as unpacked.</summary>
    [Id(3)] public required long MaxBytes { get; init; }

    /// <summary>What they must hash to, in hexadecimal digits; empty where nobody said.</summary>
    [Id(4)] public string Sha256 { get; init; } = "";

    /// <summary>Of what a caller asked for.</summary>
    public static UploadStart Of(ModelId version, PublishRequest request) => new()
    {
        Version = version,
        Format = (int?)request.Format,
        Length = request.Length,
        MaxBytes = request.MaxBytes,
        Sha256 = request.ExpectedSha256?.Hex ?? "",
    };

    /// <summary>What the caller asked for, as far as it is for the silo.</summary>
    public PublishRequest ToRequest() => new()
    {
        Format = (ArtifactFormat?)Format,
        Length = Length,
        MaxBytes = MaxBytes,
        ExpectedSha256 = Sha256.Length > 0 ? Sha256Digest.Parse(Sha256) : null,
    };
}

/// <summary>An upload that a silo waits for.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-ticket")]
public sealed record UploadTicket
{
    /// <summary>Names the upload to the silo.</summary>
    [Id(0)] public required string Token { get; init; }

    /// <summary>When the version was published to this repository before; null where it was not.</summary>
    [Id(1)] public DateTimeOffset? PublishedAt { get; init; }
}

/// <summary>One file of an uploaded version.</summary>
/// <param name="Name">Its path below the version's folder.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">What it hashes to, in hexadecimal digits.</param>
[GenerateSerializer, Immutable, Alias("krewe.uploaded-file")]
public readonly record struct UploadedFile([property: Id(0)] string Name, [property: Id(1)] long SizeBytes, [property: Id(2)] string Sha256)
{
    /// <summary>The same in the domain's words.</summary>
    public PublishedFile ToPublished() => new(Name, SizeBytes, Sha256Digest.Parse(Sha256));
}
