using System.Collections.Immutable;
using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Publishing;

/// <summary>What was found in the bytes of a version.</summary>
/// <param name="SizeBytes">How many came.</param>
/// <param name="Sha256">What they hash to.</param>
/// <param name="Files">The files in them, by name.</param>
/// <param name="Exists">True where the version is there already, with these files: there is nothing to load or commit.</param>
/// <param name="Inputs">The graph's inputs.</param>
/// <param name="Outputs">The graph's outputs.</param>
public sealed record StagedContent(
    long SizeBytes, Sha256Digest Sha256, ImmutableArray<PublishedFile> Files, bool Exists,
    ImmutableArray<TensorSpec> Inputs, ImmutableArray<TensorSpec> Outputs);
