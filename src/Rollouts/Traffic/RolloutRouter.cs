using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// The way of a call whose model has a route: chooses, calls, counts, lets the old version answer where the new one fails, and has copies
/// made. A canary therefore costs its callers time, never an answer.
/// </summary>
public sealed class RolloutRouter(IVersionCaller caller, RolloutTallies tallies, RouteMeter meter, ShadowCopies copies, TimeProvider time)
{
    private static readonly TimeSpan TwinTime = TimeSpan.FromSeconds(30);

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
            target.Fallback is not null && IsWorthAnother(error, request, start) && !cancellationToken.IsCancellationRequested)
        {
            return await FallBackAsync(target.Fallback.Value, request, start, cancellationToken);
        }

        if (target.IsShadowed)
        {
            copies.Offer(caller, tally!, target.Rollout!, request, response);
        }

        return response;
    }

    /// <summary>While both versions get calls, those of the new one are paired with control calls of the old one.</summary>
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
    /// The old version answers beside the new one, by a session that is called as seldom. Where there is none, or it fails, the serving one
    /// answers as ever, and the duration is marked as measured elsewhere.
    /// </summary>
    private async ValueTask<(InferenceResponse Response, TimeSpan Took, bool IsAlike)> ControlAsync(
        ModelId version, RolloutRoute rollout, RolloutTally tally, InferenceRequest request, long begun,
        CancellationToken cancellationToken)
    {
        if (!tally.Controls.MayHaveBaseline(begun, time))
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
        catch (Exception error) when (IsWorthAnother(error, request, begun) && !cancellationToken.IsCancellationRequested)
        {
            tally.Controls.Refused(time.GetTimestamp());
        }
        catch (Exception error) when (!IsOfCaller(error))
        {
            tally.AddError(TrafficRole.Control);
            meter.Of(version, TrafficRole.Control).AddError();
            throw;
        }

        using var again = Again(version, request, begun);
        var (response, took) = await CountAsync(version, TrafficRole.Serving, tally, again, cancellationToken);
        return (response, took, false);
    }

    /// <summary>Makes some of the new version's calls on both versions at once, in either order, and waits for its answer alone.</summary>
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
        TimeSpan? young = null;
        try
        {
            var isOldFirst = Random.Shared.Next(2) == 0;
            twin = isOldFirst ? AnswerTwinAsync(old, rollout, controls, request) : null;
            var answering = CountAsync(version, TrafficRole.Canary, tally, request, cancellationToken);
            twin ??= AnswerTwinAsync(old, rollout, controls, request);
            var (response, took) = await answering;
            young = took;
            return response;
        }
        finally
        {
            _ = EndTwinAsync(controls, twin ?? Task.FromResult<TimeSpan?>(null), young);
        }
    }

    /// <summary>
    /// How long the old version takes for a call that was made of it beside the new one, whose caller does not wait; null where it does not
    /// answer.
    /// </summary>
    private async Task<TimeSpan?> AnswerTwinAsync(ModelId old, RolloutRoute rollout, ControlGroup controls, InferenceRequest request)
    {
        using var beside = request.Forward(Reference(old), TwinTime, rollout.To);
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
            // Nobody asked for it: there is no session for it, or it fails. The host has logged what is unexpected.
            controls.Refused(time.GetTimestamp());
            return null;
        }
    }

    private static async Task EndTwinAsync(ControlGroup controls, Task<TimeSpan?> old, TimeSpan? young) =>
        controls.EndTwin(await old, young);

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
        var id = new ModelId(request.Model.Name, version);
        using var again = Again(id, request, start);
        return (await CountAsync(id, TrafficRole.Serving, null, again, cancellationToken)).Response;
    }

    /// <summary>The same request for a version, with what is left of the caller's time.</summary>
    private InferenceRequest Again(ModelId version, InferenceRequest request, long start) =>
        request.Forward(
            Reference(version), TimeLeft(request, start) is { } rest ? new TimeSpan(Math.Max(1, rest.Ticks)) : Timeout.InfiniteTimeSpan)
        ?? throw new ObjectDisposedException(nameof(InferenceRequest));

    private static ModelReference Reference(ModelId version) => new(version.Name, VersionSelector.Of(version.Version));

    private static bool IsOfCaller(Exception error) =>
        error is OperationCanceledException or KreweException { Code: KreweErrorCode.Cancelled };

    /// <summary>
    /// Whatever a new version fails with, the old one may do better; but not where the caller has gone or his time is over.
    /// </summary>
    private bool IsWorthAnother(Exception error, InferenceRequest request, long start) =>
        !IsOfCaller(error)
        && error is not KreweException { Code: KreweErrorCode.DeadlineExceeded or KreweErrorCode.PayloadTooLarge }
        && (TimeLeft(request, start) is not { } left || left > TimeSpan.Zero);

    /// <summary>What is left of the caller's time; null where he waits for ever.</summary>
    private TimeSpan? TimeLeft(InferenceRequest request, long start) =>
        request.Timeout == Timeout.InfiniteTimeSpan ? null : request.Timeout - time.GetElapsedTime(start);
}
