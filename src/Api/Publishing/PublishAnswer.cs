using Krewe.Abstractions.Publishing;

namespace Krewe.Api.Publishing;

/// <summary>The result of a publish.</summary>
/// <param name="Published">The version.</param>
/// <param name="Rollout">The result of the requested rollout; null if none was requested.</param>
internal sealed record PublishAnswer(PublishedVersion Published, RolloutStart? Rollout);
