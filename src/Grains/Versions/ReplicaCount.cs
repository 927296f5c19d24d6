using Krewe.Abstractions.Models;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Versions;

/// <summary>
/// The replicas of one version: how many callers choose from, and the change that is under way. A new replica is warm before callers
/// hear of it; one that goes is no longer chosen before it goes. Changes run beside the grain's turns, one at a time. To be used from the
/// grain's scheduler only.
/// </summary>
internal sealed partial class ReplicaCount(
    ModelId model, IGrainFactory grains, Func<int> countSilos, ScalingOptions options, BackgroundWork work, TimeProvider time,
    ILogger logger)
{
    /// <summary>Callers that have not heard of the lower count yet still choose the replica; they hear it with their next answer.</summary>
    private static readonly TimeSpan RetireDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmLife = TimeSpan.FromSeconds(3);
    private readonly long start = time.GetTimestamp();
    private ScalingState state = new(1);
    private TimeSpan notBefore;
    private TimeSpan? warmedAt;

    /// <summary>How many there are.</summary>
    public ReplicaPlan Plan => new(state.Count);

    private TimeSpan Now => time.GetElapsedTime(start);

    /// <summary>A replica says how busy it is.</summary>
    public ReplicaPlan Report(ReplicaReport report)
    {
        state = ReplicaScaling.Hear(state, report, Now, options);
        (state, var wanted) = ReplicaScaling.Decide(state, report.Range, countSilos(), Now, options);
        if (work.IsRunning)
        {
            return Plan;
        }

        if (wanted < state.Count)
        {
            var before = state.Count;
            state = ReplicaScaling.Changed(state, wanted);
            LogLowered(model, wanted);
            work.Start(cancellation => RetireAsync(before, wanted, cancellation));
        }
        else if (wanted > state.Count && Now >= notBefore)
        {
            work.Start(cancellation => RaiseAsync(wanted, cancellation));
        }

        return Plan;
    }

    /// <summary>The replicas that the settings want at least are to be there and loaded.</summary>
    public ReplicaPlan SeeToMinimum(ReplicaRange range)
    {
        if (state.Count < range.Min)
        {
            state = ReplicaScaling.Changed(state, range.Min);
        }

        if (range.Min > 0 && (warmedAt is not { } warmed || Now - warmed > WarmLife))
        {
            work.Start(cancellation => WarmAsync(range.Min, cancellation));
        }

        return Plan;
    }

    private async Task WarmAsync(int count, CancellationToken cancellationToken)
    {
        foreach (var index in Enumerable.Range(0, count))
        {
            await TryLoadAsync(index, cancellationToken);
        }

        warmedAt = Now;
    }

    private async Task RaiseAsync(int wanted, CancellationToken cancellationToken)
    {
        while (state.Count < wanted)
        {
            var index = state.Count;
            if (!await TryLoadAsync(index, cancellationToken))
            {
                notBefore = Now + FailurePause;
                return;
            }

            // Its first report may have come before this answer.
            state = ReplicaScaling.Changed(state, Math.Max(state.Count, index + 1));
            LogRaised(model, state.Count);
        }
    }

    private async Task RetireAsync(int before, int wanted, CancellationToken cancellationToken)
    {
        await Task.Delay(RetireDelay, time, cancellationToken);
        for (var index = before - 1; index >= wanted; index--)
        {
            try
            {
                await Replica(index).RetireAsync();
            }
            catch (Exception error)
            {
                // Its silo has gone, and the replica with it.
                LogRetireFailed(error, model, index);
            }
        }
    }

    private async Task<bool> TryLoadAsync(int index, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await Replica(index).LoadAsync().WaitAsync(cancellationToken);
            if (reply.Fault is { } fault)
            {
                LogNotLoaded(model, index, fault.Message);
            }

            return reply.Fault is null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogLoadFailed(error, model, index);
            return false;
        }
    }

    private IReplicaGrain Replica(int index) => grains.GetGrain<IReplicaGrain>(new ReplicaId(model, index).ToString());

    [LoggerMessage(EventId = 410, Level = LogLevel.Information,
        Message = "Model {Model} has {Count} replicas now: more was waiting than they could answer")]
    private partial void LogRaised(ModelId model, int count);

    [LoggerMessage(EventId = 411, Level = LogLevel.Information, Message = "Model {Model} has {Count} replicas now: fewer suffice")]
    private partial void LogLowered(ModelId model, int count);

    [LoggerMessage(EventId = 412, Level = LogLevel.Warning, Message = "Replica {Index} of model {Model} is not there: {Reason}")]
    private partial void LogNotLoaded(ModelId model, int index, string reason);

    [LoggerMessage(EventId = 413, Level = LogLevel.Warning, Message = "Replica {Index} of model {Model} could not be asked to load")]
    private partial void LogLoadFailed(Exception error, ModelId model, int index);

    [LoggerMessage(EventId = 414, Level = LogLevel.Debug, Message = "Replica {Index} of model {Model} could not be asked to go")]
    private partial void LogRetireFailed(Exception error, ModelId model, int index);
}
