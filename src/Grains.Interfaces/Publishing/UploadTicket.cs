namespace Krewe.Grains.Interfaces;

/// <summary>An upload that a silo waits for.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-ticket")]
public sealed record UploadTicket
{
    /// <summary>Names the upload to the silo.</summary>
    [Id(0)]
    public required string Token { get; init; }

    /// <summary>When the version was published to this repository before; null where it was not.</summary>
    [Id(1)]
    public DateTimeOffset? PublishedAt { get; init; }
}
