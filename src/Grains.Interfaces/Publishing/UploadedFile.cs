using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

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
