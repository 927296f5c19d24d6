using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Comparing;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Makes copies of calls on a rollout's new version, which run on what real calls leave over, and compares the answers on a thread that
/// gets no more either. Whoever offers a call neither waits nor fails: what there is no room for is skipped.
/// </summary>
public sealed class ShadowCopies(ShadowOptions options, RouteMeter meter, TimeProvider time) : IDisposable
{
    private readonly IdleScheduler scheduler = new("krewe-shadow");
    private int underWay;
    private long bytes;

    /// <summary>Copies that wait, run or are compared.</summary>
    public int UnderWay => Volatile.Read(ref underWay);

    /// <summary>
    /// Has a call made once more. Both are the caller's to dispose as before: they are kept alive here for as long as needed.
    /// </summary>
    /// <param name="caller">Who calls the new version.</param>
    /// <param name="tally">Where it counts.</param>
    /// <param name="rollout">The rollout.</param>
    /// <param name="request">The call as it was made.</param>
    /// <param name="served">The old version's answer.</param>
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

    /// <summary>Ends the thread once what is under way has been.</summary>
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
        var isRoom = copies <= options.MaxUnderWay && held <= options.MaxBytes;
        if (!isRoom)
        {
            Leave(size);
        }

        return isRoom;
    }

    private void Leave(long size)
    {
        Interlocked.Decrement(ref underWay);
        Interlocked.Add(ref bytes, -size);
    }

    private void Skip(RolloutTally tally, ModelId version)
    {
        tally.AddSkipped();
        meter.AddSkipped(version);
    }

    /// <summary>
    /// The call is begun on an ordinary thread: one of idle priority must not begin work of others, because threads that are started for it
    /// inherit its priority. Only the comparison, which begins nothing, is left to the idle one.
    /// </summary>
    private async Task RunAsync(ShadowCopy shadow)
    {
        var version = new ModelId(shadow.Model, shadow.Rollout.To);
        try
        {
            var answer = await CallAsync(shadow, version);
            _ = Task.Factory.StartNew(
                () => Compare(shadow, version, answer), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
            return;
        }
        catch (KreweException refusal) when (refusal.Code is KreweErrorCode.Overloaded or KreweErrorCode.Unavailable)
        {
            Skip(shadow.Tally, version);
        }
        catch (Exception)
        {
            // Whatever it is counts against the new version and concerns nobody else; the host has logged what is unexpected.
            shadow.Tally.AddError(TrafficRole.Shadow);
            meter.Of(version, TrafficRole.Shadow).AddError();
        }

        End(shadow);
    }

    private void Compare(ShadowCopy shadow, ModelId version, InferenceResponse answer)
    {
        try
        {
            var comparison = AnswerComparer.Compare(shadow.Served, answer, shadow.Rollout.Tolerance);
            shadow.Tally.Add(comparison);
            meter.AddComparison(version, comparison.Agrees);
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

    private async ValueTask<InferenceResponse> CallAsync(ShadowCopy shadow, ModelId version)
    {
        var start = time.GetTimestamp();
        var answer = await shadow.Caller.CallAsync(shadow.Request, version.Version, CancellationToken.None);
        var took = time.GetElapsedTime(start);
        shadow.Tally.AddSuccess(TrafficRole.Shadow, took);
        meter.Of(version, TrafficRole.Shadow).AddSuccess(took);
        return answer;
    }
}

/// <summary>A call to be made once more on the new version, with the old one's answer. It keeps both alive until it is disposed.</summary>
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

/// <summary>What copies may take of a process. What goes beyond is skipped, and counted as such.</summary>
public sealed record ShadowOptions
{
    /// <summary>The most copies that wait, run or are compared.</summary>
    public int MaxUnderWay { get; init; } = 16;

    /// <summary>The most bytes that their inputs and the answers they are compared with hold.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>How long a copy may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
