using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>What became of a publish.</summary>
/// <param name="Model">The version.</param>
/// <param name="SizeBytes">How many bytes came.</param>
/// <param name="Sha256">What they hash to.</param>
/// <param name="Files">What lies in the repository now, by name.</param>
/// <param name="IsNew">False where the same files were there already, in this or another packing.</param>
public sealed record PublishedVersion(ModelId Model, long SizeBytes, Sha256Digest Sha256, ImmutableArray<PublishedFile> Files, bool IsNew);

/// <summary>One file of a published version.</summary>
/// <param name="Name">Its path below the version's folder, parts separated by '/'.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">What it hashes to.</param>
public readonly record struct PublishedFile(string Name, long SizeBytes, Sha256Digest Sha256);
