using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>
/// The way of a call whose model has a route: chooses, calls, counts, lets the old version answer where the new one fails, and has copies
/// made. A canary therefore costs its callers time, never an answer.
/// </summary>
public sealed class RoutedCalls(IVersionCaller caller, TallyBook tallies, RouteMeter meter, ShadowCopies copies, TimeProvider time)
{
    /// <summary>Where a request goes; null where it names an alias that there is not.</summary>
    public RouteTarget? Choose(TrafficRoute route, InferenceRequest request)
    {
        var selector = request.Model.Version;
        var isCounted = string.IsNullOrEmpty(request.RouteKey) && RouteChoice.IsSplit(route, selector);
        return RouteChoice.Choose(route, selector, isCounted ? tallies.Of(route.Rollout!).NextTicket() : 0, request.RouteKey);
    }

    /// <summary>The answer to a request that goes to a target with a version; fails as <see cref="IModelHost.InferAsync"/> does.</summary>
    public async ValueTask<InferenceResponse> InferAsync(RouteTarget target, InferenceRequest request, CancellationToken cancellationToken)
    {
        var version = target.Version ?? throw new ArgumentException("the target has no version", nameof(target));
        var tally = target.Rollout is { } rollout ? tallies.Of(rollout) : null;
        var start = time.GetTimestamp();
        InferenceResponse response;
        try
        {
            response = await CountAsync(new ModelId(request.Model.Name, version), target.Role, tally, request, cancellationToken);
        }
        catch (Exception error) when (target.Fallback is not null && IsWorthAnother(error, request, start) && !cancellationToken.IsCancellationRequested)
        {
            return await FallBackAsync(target.Fallback.Value, request, start, cancellationToken);
        }

        if (target.IsShadowed)
        {
            copies.Offer(caller, tally!, target.Rollout!, request, response);
        }

        return response;
    }

    private async ValueTask<InferenceResponse> CountAsync(
        ModelId version, TrafficRole role, RolloutTally? tally, InferenceRequest request, CancellationToken cancellationToken)
    {
        var counter = meter.Of(version, role);
        var start = time.GetTimestamp();
        try
        {
            var response = await caller.CallAsync(request, version.Version, cancellationToken);
            var took = time.GetElapsedTime(start);
            tally?.AddSuccess(role, took);
            counter.AddSuccess(took);
            return response;
        }
        catch (Exception error) when (!IsOfCaller(error))
        {
            tally?.AddError(role);
            counter.AddError();
            throw;
        }
    }

    /// <summary>The old version's answer is not counted for the comparison: it was not chosen for this call.</summary>
    private async ValueTask<InferenceResponse> FallBackAsync(
        ModelVersion version, InferenceRequest request, long start, CancellationToken cancellationToken)
    {
        var left = TimeLeft(request, start) is { } rest ? new TimeSpan(Math.Max(1, rest.Ticks)) : Timeout.InfiniteTimeSpan;
        using var again = request.Forward(new ModelReference(request.Model.Name, VersionSelector.Of(version)), left)
            ?? throw new ObjectDisposedException(nameof(InferenceRequest));
        return await CountAsync(new ModelId(request.Model.Name, version), TrafficRole.Serving, null, again, cancellationToken);
    }

    private static bool IsOfCaller(Exception error) => error is OperationCanceledException or KreweException { Code: KreweErrorCode.Cancelled };

    /// <summary>Whatever a new version fails with, the old one may do better; but not where the caller has gone or his time is over.</summary>
    private bool IsWorthAnother(Exception error, InferenceRequest request, long start) =>
        !IsOfCaller(error)
        && error is not KreweException { Code: KreweErrorCode.DeadlineExceeded or KreweErrorCode.PayloadTooLarge }
        && (TimeLeft(request, start) is not { } left || left > TimeSpan.Zero);

    /// <summary>What is left of the caller's time; null where he waits for ever.</summary>
    private TimeSpan? TimeLeft(InferenceRequest request, long start) =>
        request.Timeout == Timeout.InfiniteTimeSpan ? null : request.Timeout - time.GetElapsedTime(start);
}
