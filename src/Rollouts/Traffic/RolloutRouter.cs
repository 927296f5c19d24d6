using Krewe.Abstractions.Inference;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Routes the calls of a model that has a route. It decides and counts; the caller sends the call (<see cref="RoutedCall"/>).
/// </summary>
public sealed class RolloutRouter(
    IVersionCaller caller, RolloutTallies tallies, RouteMetrics metrics, ShadowCopies copies, TimeProvider time)
{
    internal IVersionCaller Caller => caller;

    internal RouteMetrics Metrics => metrics;

    internal ShadowCopies Copies => copies;

    internal TimeProvider Time => time;

    /// <summary>The target of a request; null for an unknown alias.</summary>
    public RouteTarget? Choose(TrafficRoute route, InferenceRequest request)
    {
        var selector = request.Model.Version;
        var isCounted = string.IsNullOrEmpty(request.RouteKey) && RouteChoice.IsSplit(route, selector);
        return RouteChoice.Choose(route, selector, isCounted ? tallies.Of(route.Rollout!).NextTicket() : 0, request.RouteKey);
    }

    /// <summary>Begins a call to a target with a version, and sets the version that it is first sent to.</summary>
    public RoutedCall Begin(RouteTarget target, InferenceCall call) =>
        new(this, target, target.Rollout is { } rollout ? tallies.Of(rollout) : null, call);
}
