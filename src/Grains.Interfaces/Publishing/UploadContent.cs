using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Publishing;

/// <summary>What a silo found in the bytes of a version.</summary>
[GenerateSerializer, Immutable, Alias("krewe.upload-content")]
public sealed record UploadContent
{
    /// <summary>The most bytes of a version that one message carries.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>How many came.</summary>
    [Id(0)] public required long SizeBytes { get; init; }

    /// <summary>What they hash to, in hexadecimal digits.</summary>
    [Id(1)] public required string Sha256 { get; init; }

    /// <summary>The files in them, by name.</summary>
    [Id(2)] public required ImmutableArray<UploadedFile> Files { get; init; }

    /// <summary>True where the repository has the version already, with these files.</summary>
    [Id(3)] public required bool Exists { get; init; }

    /// <summary>The graph's inputs; empty where it <see cref="Exists"/>.</summary>
    [Id(4)] public required ImmutableArray<TensorSpec> Inputs { get; init; }

    /// <summary>The graph's outputs; empty where it <see cref="Exists"/>.</summary>
    [Id(5)] public required ImmutableArray<TensorSpec> Outputs { get; init; }
}
