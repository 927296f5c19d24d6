using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Publishing;

/// <summary>The result of a publish.</summary>
/// <param name="Model">The version.</param>
/// <param name="SizeBytes">The number of bytes uploaded.</param>
/// <param name="Sha256">Their digest.</param>
/// <param name="Files">The version's files in the repository, by name.</param>
/// <param name="IsNew">False if the same files already existed, in this or another archive format.</param>
public sealed record PublishedVersion(ModelId Model, long SizeBytes, Sha256Digest Sha256, ImmutableArray<PublishedFile> Files, bool IsNew);

/// <summary>One file of a published version.</summary>
/// <param name="Name">The path relative to the version's folder, separated by '/'.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
public readonly record struct PublishedFile(string Name, long SizeBytes, Sha256Digest Sha256);
