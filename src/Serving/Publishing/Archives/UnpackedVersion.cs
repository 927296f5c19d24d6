using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>A version's files as they are going to lie in the repository.</summary>
/// <param name="Folder">The folder that is going to be the version's.</param>
/// <param name="Files">What is in it, by name.</param>
internal sealed record UnpackedVersion(string Folder, ImmutableArray<PublishedFile> Files);
