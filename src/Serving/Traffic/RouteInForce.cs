using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>A model's route as calls see it.</summary>
/// <param name="Route">The route.</param>
/// <param name="Problem">Why it is not known what was decided; then only calls that name a version number are answered. Null where it is known.</param>
internal sealed record RouteInForce(TrafficRoute Route, string? Problem = null)
{
    /// <summary>The route for what a caller asks for; throws <see cref="KreweErrorCode.Unavailable"/> where only a number would do.</summary>
    public TrafficRoute For(VersionSelector selector) =>
        Problem is null || selector.Number is not null ? Route : throw KreweException.Unavailable(Problem, RetryWhenUnknown);

    private static TimeSpan RetryWhenUnknown { get; } = TimeSpan.FromSeconds(10);
}
