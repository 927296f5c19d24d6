using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// One call under a route: on which version it is made, what of it is counted, that the old version answers where the new one fails, and
/// that copies are made. A canary therefore costs its callers time, never an answer. Whoever has the call makes it, tells that it was sent,
/// and asks <see cref="Next"/> with the result whether it is to be made once more.
/// </summary>
public sealed class RoutedCall : IDisposable
{
    private static readonly TimeSpan TwinTime = TimeSpan.FromSeconds(30);
    private readonly RolloutRouter router;
    private readonly RouteTarget target;
    private readonly RolloutTally? tally;
    private readonly InferenceCall call;
    private readonly TimeProvider time;
    private TrafficRole role;
    private long sentAt;
    private int pause;
    private bool isPaired;
    private bool isTwinned;
    private bool isFallback;
    private Task<TimeSpan?>? twin;

    internal RoutedCall(RolloutRouter router, RouteTarget target, RolloutTally? tally, InferenceCall call)
    {
        (this.router, this.target, this.tally, this.call, time) = (router, target, tally, call, router.Time);
        var version = target.Version ?? throw new ArgumentException("the target has no version", nameof(target));
        var begun = time.GetTimestamp();
        if (target.Rollout is { IsSplit: true } split)
        {
            // While both versions get calls, those of the new one are paired with control calls, which the old one answers beside it.
            pause = Controls.Arrive(begun, time);
            isPaired = target.Role == TrafficRole.Serving && Controls.TryBegin(pause);
            if (isPaired && Controls.MayHaveBaseline(begun, time))
            {
                Make(version, TrafficRole.Control, split.To);
                return;
            }
        }
        else if (target is { Rollout.IsTwinned: true, Role: TrafficRole.Canary })
        {
            // Some calls are made on both versions at once, in either order.
            isTwinned = Controls.MayHaveBaseline(begun, time) && Controls.TryBeginTwin(begun, time);
            twin = isTwinned && Random.Shared.Next(2) == 0 ? AnswerTwinAsync() : null;
        }

        Make(version, target.Role);
    }

    /// <summary>The role of the version that was chosen for it.</summary>
    public TrafficRole Role => target.Role;

    private ControlGroup Controls => tally!.Controls;

    private RouteCounter Counter => router.Metrics.Of(new ModelId(call.Request.Model.Name, call.Version!.Value), role);

    /// <summary>The call is under way.</summary>
    public void Sent() => twin ??= isTwinned ? AnswerTwinAsync() : null;

    /// <summary>The call has ended so; true where it is to be made once more, on the version that it names now.</summary>
    public bool Next(in CallResult result)
    {
        var took = time.GetElapsedTime(sentAt);
        if (result.Response is { } response)
        {
            CountSuccess(took);
            End(took);
            if (target.IsShadowed)
            {
                router.Copies.Offer(router.Caller, tally!, target.Rollout!, call.Request, response);
            }

            return false;
        }

        var isWorthAnother = IsWorthAnother(result.Error!);
        if (role == TrafficRole.Control && isWorthAnother)
        {
            // There is no session beside the new version: the serving one answers, and the duration is marked as measured elsewhere.
            Controls.Refused(time.GetTimestamp());
            Make(call.Version!.Value, TrafficRole.Serving);
            return true;
        }

        CountError(result.Error!);
        End(null);
        if (target.Fallback is { } fallback && !isFallback && isWorthAnother)
        {
            // Its answer is not counted for the comparison: it was not chosen for this call.
            isFallback = true;
            Make(fallback, TrafficRole.Serving);
            return true;
        }

        return false;
    }

    /// <summary>The call was cancelled: its caller has gone, or his time is over.</summary>
    public void Cancelled(Exception reason)
    {
        if (reason is KreweException error)
        {
            CountError(error);
        }
    }

    /// <summary>Nothing waits for the call any more.</summary>
    public void Dispose() => End(null);

    private void Make(ModelVersion version, TrafficRole role, ModelVersion? beside = null)
    {
        (call.Version, call.Beside, this.role) = (version, beside, role);
        sentAt = time.GetTimestamp();
    }

    private void CountSuccess(TimeSpan took)
    {
        Counter.AddSuccess(took);
        if (isFallback)
        {
            return;
        }

        tally?.AddSuccess(role, took);
        if (isPaired)
        {
            Controls.AddControl(pause, took, isAlike: role == TrafficRole.Control);
            isPaired = false;
        }
        else if (target is { Rollout.IsSplit: true, Role: TrafficRole.Canary })
        {
            Controls.AddCanary(pause, took, target.Rollout.Canary);
        }
    }

    private void CountError(KreweException error)
    {
        if (error.Code != KreweErrorCode.Cancelled)
        {
            Counter.AddError();
            if (!isFallback)
            {
                tally?.AddError(role);
            }
        }
    }

    /// <summary>The control group waits neither for a call without an answer nor for a twin without one.</summary>
    private void End(TimeSpan? took)
    {
        if (isPaired)
        {
            isPaired = false;
            Controls.GiveUp(pause);
        }

        if (isTwinned)
        {
            isTwinned = false;
            _ = EndTwinAsync(Controls, twin ?? Task.FromResult<TimeSpan?>(null), took);
        }
    }

    /// <summary>
    /// Whatever a new version fails with, the old one may do better; but not where the caller has gone or his time is over.
    /// </summary>
    private bool IsWorthAnother(KreweException error) =>
        error.Code is not (KreweErrorCode.Cancelled or KreweErrorCode.DeadlineExceeded or KreweErrorCode.PayloadTooLarge)
        && call.Left != TimeSpan.Zero && !call.Caller.IsCancellationRequested;

    /// <summary>
    /// How long the old version takes for a call that was made of it beside the new one, whose caller does not wait; null where it does not
    /// answer.
    /// </summary>
    private async Task<TimeSpan?> AnswerTwinAsync()
    {
        var rollout = target.Rollout!;
        var old = new ModelReference(call.Request.Model.Name, VersionSelector.Of(rollout.From));
        using var request = call.Request.Forward(old, TwinTime, beside: rollout.To);
        if (request is null)
        {
            return null;
        }

        using var beside = new InferenceCall(request, time, CancellationToken.None);
        var start = time.GetTimestamp();
        try
        {
            if ((await router.Caller.CallAsync(beside)).Response is { } answer)
            {
                answer.Dispose();
                var took = time.GetElapsedTime(start);
                router.Metrics.Of(new ModelId(old.Name, rollout.From), TrafficRole.Control).AddSuccess(took);
                return took;
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asked for it.
        }

        Controls.Refused(time.GetTimestamp());
        return null;
    }

    private static async Task EndTwinAsync(ControlGroup controls, Task<TimeSpan?> old, TimeSpan? young) =>
        controls.EndTwin(await old, young);
}
