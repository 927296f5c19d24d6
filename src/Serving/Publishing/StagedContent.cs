using System.Collections.Immutable;
using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Publishing;

/// <summary>The validated content of an upload.</summary>
/// <param name="SizeBytes">The number of bytes received.</param>
/// <param name="Sha256">Their digest.</param>
/// <param name="Files">The files, by name.</param>
/// <param name="Exists">True if the version already exists with these files: there is nothing to load or commit.</param>
/// <param name="Inputs">The graph's inputs.</param>
/// <param name="Outputs">The graph's outputs.</param>
public sealed record StagedContent(
    long SizeBytes, Sha256Digest Sha256, ImmutableArray<PublishedFile> Files, bool Exists,
    ImmutableArray<TensorSpec> Inputs, ImmutableArray<TensorSpec> Outputs);
