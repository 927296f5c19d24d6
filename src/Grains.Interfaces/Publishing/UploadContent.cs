using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>What a silo found in an upload.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-content")]
public sealed record UploadContent
{
    /// <summary>The maximum number of bytes of a version in one message.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>The received bytes.</summary>
    [Id(0)] public required long SizeBytes { get; init; }

    /// <summary>Their SHA-256, in hexadecimal digits.</summary>
    [Id(1)] public required string Sha256 { get; init; }

    /// <summary>The files, by name.</summary>
    [Id(2)] public required ImmutableArray<UploadedFile> Files { get; init; }

    /// <summary>True if the repository already has the version with these files.</summary>
    [Id(3)] public required bool Exists { get; init; }

    /// <summary>The graph's inputs; empty if it <see cref="Exists"/>.</summary>
    [Id(4)] public required ImmutableArray<TensorSpec> Inputs { get; init; }

    /// <summary>The graph's outputs; empty if it <see cref="Exists"/>.</summary>
    [Id(5)] public required ImmutableArray<TensorSpec> Outputs { get; init; }
}
