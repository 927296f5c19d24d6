using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Versions;

/// <summary>
/// Autoscaling of one version: the replica count that callers choose from, and the change under way. A new replica is warm before it is
/// counted; a surplus one is uncounted before it goes. Changes run in the background, one at a time. Call it from the grain's scheduler
/// only.
/// </summary>
internal sealed partial class ReplicaCount(
    ModelId model, IGrainFactory grains, Func<int> countSilos, ScalingOptions options, BackgroundWork work, TimeProvider time,
    ILogger logger)
{
    /// <summary>Callers learn the lower count with their next reply and may still choose the replica until then.</summary>
    private static readonly TimeSpan RetireDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarmLife = TimeSpan.FromSeconds(3);
    private readonly long start = time.GetTimestamp();
    private ScalingState state = new(1);
    private TimeSpan notBefore;
    private TimeSpan? warmedAt;

    /// <summary>The current count.</summary>
    public ReplicaPlan Plan => new(state.Count);

    private TimeSpan Now => time.GetElapsedTime(start);

    /// <summary>Takes a replica's report and decides whether to scale.</summary>
    public ReplicaPlan Report(ReplicaReport report)
    {
        state = ReplicaScaling.Record(state, report, Now, options);
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

    /// <summary>Ensures that the minimum replicas are counted and loaded.</summary>
    public ReplicaPlan EnsureMinimum(ReplicaRange range)
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

            // The replica's first report may have arrived before this reply.
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
                // The replica's silo is lost, and the replica with it.
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
        Message = "Scaled model {Model} up to {Count} replicas: too many requests were waiting")]
    private partial void LogRaised(ModelId model, int count);

    [LoggerMessage(EventId = 411, Level = LogLevel.Information, Message = "Scaled model {Model} down to {Count} replicas: fewer suffice")]
    private partial void LogLowered(ModelId model, int count);

    [LoggerMessage(EventId = 412, Level = LogLevel.Warning, Message = "Failed to load replica {Index} of model {Model}: {Reason}")]
    private partial void LogNotLoaded(ModelId model, int index, string reason);

    [LoggerMessage(EventId = 413, Level = LogLevel.Warning, Message = "Failed to request the load of replica {Index} of model {Model}")]
    private partial void LogLoadFailed(Exception error, ModelId model, int index);

    [LoggerMessage(EventId = 414, Level = LogLevel.Debug, Message = "Failed to retire replica {Index} of model {Model}")]
    private partial void LogRetireFailed(Exception error, ModelId model, int index);
}
