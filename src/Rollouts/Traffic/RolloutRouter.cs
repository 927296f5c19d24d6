using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Routes a call of a model that has a route: chooses the version, calls it, counts, falls back to the old version if the new one fails,
/// and offers copies to the shadow. A bad canary therefore costs callers time, never a response.
/// </summary>
public sealed class RolloutRouter(IVersionCaller caller, RolloutTallies tallies, RouteMeter meter, ShadowCopies copies, TimeProvider time)
{
    private static readonly TimeSpan TwinTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The target of a request; null for an unknown alias.</summary>
    public RouteTarget? Choose(TrafficRoute route, InferenceRequest request)
    {
        var selector = request.Model.Version;
        var isCounted = string.IsNullOrEmpty(request.RouteKey) && RouteChoice.IsSplit(route, selector);
        return RouteChoice.Choose(route, selector, isCounted ? tallies.Of(route.Rollout!).NextTicket() : 0, request.RouteKey);
    }

    /// <summary>Calls a target that has a version; throws what <see cref="IModelHost.InferAsync"/> throws.</summary>
    public async ValueTask<InferenceResponse> InferAsync(RouteTarget target, InferenceRequest request, CancellationToken cancellationToken)
    {
        var version = target.Version ?? throw new ArgumentException("the target has no version", nameof(target));
        var tally = target.Rollout is { } rollout ? tallies.Of(rollout) : null;
        var id = new ModelId(request.Model.Name, version);
        var start = time.GetTimestamp();
        InferenceResponse response;
        try
        {
            response = target.Rollout is { IsSplit: true } split
                ? await PairAsync(id, target.Role, split, tally!, request, start, cancellationToken)
                : target is { Rollout: { IsTwinned: true } twinned, Role: TrafficRole.Canary }
                ? await TwinAsync(id, twinned, tally!, request, start, cancellationToken)
                : (await CountAsync(id, target.Role, tally, request, cancellationToken)).Response;
        }
        catch (Exception error) when (
            target.Fallback is not null && MayFallBack(error, request, start) && !cancellationToken.IsCancellationRequested)
        {
            return await FallBackAsync(target.Fallback.Value, request, start, cancellationToken);
        }

        if (target.IsShadowed)
        {
            copies.Offer(caller, tally!, target.Rollout!, request, response);
        }

        return response;
    }

    /// <summary>Pairs the new version's calls with control calls of the old one, while both get calls.</summary>
    private async ValueTask<InferenceResponse> PairAsync(
        ModelId version, TrafficRole role, RolloutRoute rollout, RolloutTally tally, InferenceRequest request, long start,
        CancellationToken cancellationToken)
    {
        var controls = tally.Controls;
        var pause = controls.Arrive(start, time);
        if (role != TrafficRole.Serving || !controls.TryBegin(pause))
        {
            var (answer, duration) = await CountAsync(version, role, tally, request, cancellationToken);
            if (role == TrafficRole.Canary)
            {
                controls.AddCanary(pause, duration, rollout.Canary);
            }

            return answer;
        }

        var isPaired = false;
        try
        {
            var (response, took, isAlike) = await ControlAsync(version, rollout, tally, request, start, cancellationToken);
            controls.AddControl(pause, took, isAlike);
            isPaired = true;
            return response;
        }
        finally
        {
            if (!isPaired)
            {
                controls.GiveUp(pause);
            }
        }
    }

    /// <summary>
    /// Calls a baseline session of the old version beside the new one, called as rarely. If there is none, or it fails, the serving session
    /// answers, and the duration is marked as measured elsewhere.
    /// </summary>
    private async ValueTask<(InferenceResponse Response, TimeSpan Took, bool IsAlike)> ControlAsync(
        ModelId version, RolloutRoute rollout, RolloutTally tally, InferenceRequest request, long requestStart,
        CancellationToken cancellationToken)
    {
        if (!tally.Controls.MayHaveBaseline(requestStart, time))
        {
            var (answer, duration) = await CountAsync(version, TrafficRole.Serving, tally, request, cancellationToken);
            return (answer, duration, false);
        }

        using var beside = request.Forward(Reference(version), request.Timeout, rollout.To) ?? throw new ObjectDisposedException(
            nameof(InferenceRequest));
        var start = time.GetTimestamp();
        try
        {
            var answer = await caller.CallAsync(beside, version.Version, cancellationToken);
            var duration = time.GetElapsedTime(start);
            tally.AddSuccess(TrafficRole.Control, duration);
            meter.Of(version, TrafficRole.Control).AddSuccess(duration);
            return (answer, duration, true);
        }
        catch (Exception error) when (MayFallBack(error, request, requestStart) && !cancellationToken.IsCancellationRequested)
        {
            tally.Controls.Refused(time.GetTimestamp());
        }
        catch (Exception error) when (!IsCancellation(error))
        {
            tally.AddError(TrafficRole.Control);
            meter.Of(version, TrafficRole.Control).AddError();
            throw;
        }

        using var retry = ForwardRest(version, request, requestStart);
        var (response, took) = await CountAsync(version, TrafficRole.Serving, tally, retry, cancellationToken);
        return (response, took, false);
    }

    /// <summary>Makes some calls on both versions at once, in random order, and waits only for the new version's response.</summary>
    private async ValueTask<InferenceResponse> TwinAsync(
        ModelId version, RolloutRoute rollout, RolloutTally tally, InferenceRequest request, long start,
        CancellationToken cancellationToken)
    {
        var controls = tally.Controls;
        var old = new ModelId(version.Name, rollout.From);
        if (!controls.MayHaveBaseline(start, time) || !controls.TryBeginTwin(start, time))
        {
            return (await CountAsync(version, TrafficRole.Canary, tally, request, cancellationToken)).Response;
        }

        Task<TimeSpan?>? twin = null;
        TimeSpan? candidate = null;
        try
        {
            var isOldFirst = Random.Shared.Next(2) == 0;
            twin = isOldFirst ? AnswerTwinAsync(old, rollout, controls, request) : null;
            var answering = CountAsync(version, TrafficRole.Canary, tally, request, cancellationToken);
            twin ??= AnswerTwinAsync(old, rollout, controls, request);
            var (response, took) = await answering;
            candidate = took;
            return response;
        }
        finally
        {
            _ = EndTwinAsync(controls, twin ?? Task.FromResult<TimeSpan?>(null), candidate);
        }
    }

    /// <summary>
    /// The duration of a call made on the old version at the same time, for which the caller does not wait; null if it fails.
    /// </summary>
    private async Task<TimeSpan?> AnswerTwinAsync(ModelId old, RolloutRoute rollout, ControlGroup controls, InferenceRequest request)
    {
        using var beside = request.Forward(Reference(old), TwinTimeout, rollout.To);
        if (beside is null)
        {
            return null;
        }

        var start = time.GetTimestamp();
        try
        {
            (await caller.CallAsync(beside, old.Version, CancellationToken.None)).Dispose();
            var took = time.GetElapsedTime(start);
            meter.Of(old, TrafficRole.Control).AddSuccess(took);
            return took;
        }
        catch (Exception)
        {
            // No caller waits for it: there is no session, or it failed. The host logs unexpected errors.
            controls.Refused(time.GetTimestamp());
            return null;
        }
    }

    private static async Task EndTwinAsync(ControlGroup controls, Task<TimeSpan?> old, TimeSpan? candidate) =>
        controls.EndTwin(await old, candidate);

    private async ValueTask<(InferenceResponse Response, TimeSpan Took)> CountAsync(
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
            return (response, took);
        }
        catch (Exception error) when (!IsCancellation(error))
        {
            tally?.AddError(role);
            counter.AddError();
            throw;
        }
    }

    /// <summary>Calls the old version. Not counted in the comparison: it was not chosen for this call.</summary>
    private async ValueTask<InferenceResponse> FallBackAsync(
        ModelVersion version, InferenceRequest request, long start, CancellationToken cancellationToken)
    {
        var id = new ModelId(request.Model.Name, version);
        using var retry = ForwardRest(id, request, start);
        return (await CountAsync(id, TrafficRole.Serving, null, retry, cancellationToken)).Response;
    }

    /// <summary>The same request for a version, with the rest of the caller's timeout.</summary>
    private InferenceRequest ForwardRest(ModelId version, InferenceRequest request, long start) =>
        request.Forward(
            Reference(version), TimeLeft(request, start) is { } rest ? new TimeSpan(Math.Max(1, rest.Ticks)) : Timeout.InfiniteTimeSpan)
        ?? throw new ObjectDisposedException(nameof(InferenceRequest));

    private static ModelReference Reference(ModelId version) => new(version.Name, VersionSelector.Of(version.Version));

    private static bool IsCancellation(Exception error) =>
        error is OperationCanceledException or KreweException { Code: KreweErrorCode.Cancelled };

    /// <summary>
    /// True if the old version should be tried: any failure of the new one, unless the caller has gone or its timeout has passed.
    /// </summary>
    private bool MayFallBack(Exception error, InferenceRequest request, long start) =>
        !IsCancellation(error)
        && error is not KreweException { Code: KreweErrorCode.DeadlineExceeded or KreweErrorCode.PayloadTooLarge }
        && (TimeLeft(request, start) is not { } left || left > TimeSpan.Zero);

    /// <summary>The rest of the caller's timeout; null if it is infinite.</summary>
    private TimeSpan? TimeLeft(InferenceRequest request, long start) =>
        request.Timeout == Timeout.InfiniteTimeSpan ? null : request.Timeout - time.GetElapsedTime(start);
}
