using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// One call under a route: chooses its version, counts it, falls back to the old version if the new one fails, and offers copies. So a
/// canary costs its callers time, never an answer. The caller sends the call, reports <see cref="Sent"/>, and asks <see cref="Next"/> with
/// the result whether to send it again.
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
            // While both versions get calls, each canary call is paired with a control call, which the old version answers beside the new.
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
            // Some calls are sent to both versions at once, in random order.
            isTwinned = Controls.MayHaveBaseline(begun, time) && Controls.TryBeginTwin(begun, time);
            twin = isTwinned && Random.Shared.Next(2) == 0 ? AnswerTwinAsync() : null;
        }

        Make(version, target.Role);
    }

    /// <summary>The role of the version that was chosen for it.</summary>
    public TrafficRole Role => target.Role;

    private ControlGroup Controls => tally!.Controls;

    private RouteCounter Counter => router.Metrics.Of(new ModelId(call.Request.Model.Name, call.Version!.Value), role);

    /// <summary>The call has been sent.</summary>
    public void Sent() => twin ??= isTwinned ? AnswerTwinAsync() : null;

    /// <summary>The call has ended; true to send it again, to the version that it now names.</summary>
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
            // No baseline session: the serving one answers, and the duration is marked as measured elsewhere.
            Controls.Refused(time.GetTimestamp());
            Make(call.Version!.Value, TrafficRole.Serving);
            return true;
        }

        CountError(result.Error!);
        End(null);
        if (target.Fallback is { } fallback && !isFallback && isWorthAnother)
        {
            // A fallback is not part of the comparison: it was not chosen for this call.
            isFallback = true;
            Make(fallback, TrafficRole.Serving);
            return true;
        }

        return false;
    }

    /// <summary>The call was cancelled by its caller or its deadline.</summary>
    public void Cancelled(Exception reason)
    {
        if (reason is KreweException error)
        {
            CountError(error);
        }
    }

    /// <summary>Ends the pair or twin, if the call has none by now.</summary>
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
            Counter.AddError(time.GetElapsedTime(sentAt));
            if (!isFallback)
            {
                tally?.AddError(role);
            }
        }
    }

    /// <summary>Releases the control group from a pair or twin without an answer.</summary>
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
    /// Any failure of the new version is worth a fallback, unless the caller has disconnected or the deadline has passed.
    /// </summary>
    private bool IsWorthAnother(KreweException error) =>
        error.Code is not (KreweErrorCode.Cancelled or KreweErrorCode.PayloadTooLarge)
        && (error.Code != KreweErrorCode.DeadlineExceeded || !call.HasDeadline)
        && call.Left != TimeSpan.Zero && !call.Caller.IsCancellationRequested;

    /// <summary>
    /// The duration of the same call on the old version, which no caller waits for; null without an answer.
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
            // No caller waits for it.
        }

        Controls.Refused(time.GetTimestamp());
        return null;
    }

    private static async Task EndTwinAsync(ControlGroup controls, Task<TimeSpan?> old, TimeSpan? young) =>
        controls.EndTwin(await old, young);
}
