using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>One model in the repository.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">
/// Ascending, those the policy serves. A version with an <see cref="RepositoryVersion.Error"/> is listed besides the good ones and
/// never takes the place of one.
/// </param>
/// <param name="Manifest">Its settings; the default ones where the files could not be read.</param>
/// <param name="Error">Why none of its versions can be served; null otherwise.</param>
internal sealed record RepositoryModel(ModelName Name, ImmutableArray<RepositoryVersion> Versions, ModelManifest Manifest, string? Error);
