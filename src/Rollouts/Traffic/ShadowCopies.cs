using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Comparing;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Copies calls to a rollout's new version as background requests, and compares the responses on a thread of idle priority.
/// Offering a call never blocks or fails: copies beyond the limits are skipped and counted.
/// </summary>
public sealed class ShadowCopies(ShadowOptions options, RouteMetrics metrics, TimeProvider time) : IDisposable
{
    private readonly IdleScheduler scheduler = new("krewe-shadow");
    private int underWay;
    private long bytes;

    /// <summary>Copies that are waiting, running or being compared.</summary>
    public int UnderWay => Volatile.Read(ref underWay);

    /// <summary>
    /// Offers a call for copying. The caller disposes request and response as before; this leases them for as long as it needs.
    /// </summary>
    /// <param name="caller">Calls the new version.</param>
    /// <param name="tally">The counters of the step.</param>
    /// <param name="rollout">The rollout.</param>
    /// <param name="request">The call as it was made.</param>
    /// <param name="served">The old version's response.</param>
    public void Offer(IVersionCaller caller, RolloutTally tally, RolloutRoute rollout, InferenceRequest request, InferenceResponse served)
    {
        var size = SizeOf(request.Inputs) + SizeOf(served.Outputs);
        if (!TryEnter(size))
        {
            Skip(tally, new ModelId(request.Model.Name, rollout.To));
            return;
        }

        var reference = new ModelReference(request.Model.Name, VersionSelector.Of(rollout.To));
        if (request.Forward(reference, options.Timeout, isBackground: true) is not { } copy)
        {
            Leave(size);
            return;
        }

        served.Lease();
        var shadow = new ShadowCopy(caller, tally, rollout, reference.Name, copy, served, size);
        _ = Task.Run(() => RunAsync(shadow));
    }

    /// <summary>Stops the thread after the copies in flight.</summary>
    public void Dispose() => scheduler.Dispose();

    private static long SizeOf(IReadOnlyList<Tensor> tensors)
    {
        var size = 0L;
        for (var i = 0; i < tensors.Count; i++)
        {
            size += tensors[i].Data.Length;
        }

        return size;
    }

    private bool TryEnter(long size)
    {
        var copies = Interlocked.Increment(ref underWay);
        var held = Interlocked.Add(ref bytes, size);
        var hasCapacity = copies <= options.MaxUnderWay && held <= options.MaxBytes;
        if (!hasCapacity)
        {
            Leave(size);
        }

        return hasCapacity;
    }

    private void Leave(long size)
    {
        Interlocked.Decrement(ref underWay);
        Interlocked.Add(ref bytes, -size);
    }

    private void Skip(RolloutTally tally, ModelId version)
    {
        tally.AddSkipped();
        metrics.AddSkipped(version);
    }

    /// <summary>
    /// Starts the call on a normal-priority thread: threads that an idle-priority thread causes to start inherit its priority. Only the
    /// comparison, which starts no work, runs at idle priority.
    /// </summary>
    private async Task RunAsync(ShadowCopy shadow)
    {
        var version = new ModelId(shadow.Model, shadow.Rollout.To);
        var start = time.GetTimestamp();
        var (answer, error) = await CallAsync(shadow, version);
        if (answer is not null)
        {
            _ = Task.Factory.StartNew(
                () => Compare(shadow, version, answer), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
            return;
        }

        if (error is { Code: KreweErrorCode.Overloaded or KreweErrorCode.Unavailable })
        {
            Skip(shadow.Tally, version);
        }
        else
        {
            // Counts as an error of the new version, and affects nothing else; the host logs unexpected errors.
            shadow.Tally.AddError(TrafficRole.Shadow);
            metrics.Of(version, TrafficRole.Shadow).AddError(time.GetElapsedTime(start));
        }

        End(shadow);
    }

    private void Compare(ShadowCopy shadow, ModelId version, InferenceResponse answer)
    {
        try
        {
            var comparison = AnswerComparer.Compare(shadow.Served, answer, shadow.Rollout.Tolerance);
            shadow.Tally.Add(comparison);
            metrics.AddComparison(version, comparison.Agrees);
        }
        finally
        {
            answer.Dispose();
            End(shadow);
        }
    }

    private void End(ShadowCopy shadow)
    {
        shadow.Dispose();
        Leave(shadow.Bytes);
    }

    private async ValueTask<(InferenceResponse? Answer, KreweException? Error)> CallAsync(ShadowCopy shadow, ModelId version)
    {
        using var call = new InferenceCall(shadow.Request, time, CancellationToken.None);
        var start = time.GetTimestamp();
        try
        {
            var result = await shadow.Caller.CallAsync(call);
            if (result.Response is not null)
            {
                var took = time.GetElapsedTime(start);
                shadow.Tally.AddSuccess(TrafficRole.Shadow, took);
                metrics.Of(version, TrafficRole.Shadow).AddSuccess(took);
            }

            return (result.Response, result.Error);
        }
        catch (OperationCanceledException)
        {
            return (null, call.TooLate());
        }
    }
}

/// <summary>A copied call and the old version's response. Keeps both alive until it is disposed.</summary>
internal sealed record ShadowCopy(
    IVersionCaller Caller, RolloutTally Tally, RolloutRoute Rollout, ModelName Model, InferenceRequest Request, InferenceResponse Served,
    long Bytes)
    : IDisposable
{
    public void Dispose()
    {
        Request.Dispose();
        Served.Dispose();
    }
}

/// <summary>Limits of shadow copies in one process. Copies beyond them are skipped and counted.</summary>
public sealed record ShadowOptions
{
    /// <summary>The maximum number of copies waiting, running or being compared.</summary>
    public int MaxUnderWay { get; init; } = 16;

    /// <summary>The maximum size of their inputs and of the responses they are compared with, in bytes.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The timeout of a copy.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
