using Krewe.Abstractions.Publishing;

namespace Krewe.Api.Publishing;

/// <summary>What became of a publish.</summary>
/// <param name="Published">The version.</param>
/// <param name="Rollout">What became of the rollout that was asked for; null where none was.</param>
internal sealed record PublishAnswer(PublishedVersion Published, RolloutBeginning? Rollout);
