using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Rollouts;

/// <summary>Loads and warms replicas of a version before calls are routed to them.</summary>
internal sealed partial class VersionWarmUp(IGrainFactory grains, TimeProvider time, ILogger logger)
{
    private const int Attempts = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Loads replicas 0 to count - 1 and adds them to load balancing. Returns why the version cannot be loaded, or null.</summary>
    public async Task<string?> LoadAsync(CatalogVersion version, int count, CancellationToken cancellationToken)
    {
        var failures = await Task.WhenAll(
            Enumerable.Range(0, count).Select(index => LoadAsync(new ReplicaId(version.Id, index), cancellationToken)));
        if (failures[0] is { } failure)
        {
            return failure;
        }

        var loaded = failures.TakeWhile(static failure => failure is null).Count();
        if (loaded > 1)
        {
            await grains.GetGrain<IModelVersionGrain>(version.Id.ToString()).SeeToMinimumAsync(
                version.Entry.Replicas with { Min = loaded });
        }

        return null;
    }

    private async Task<string?> LoadAsync(ReplicaId replica, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (failure, isRetryable) = await TryLoadAsync(replica, cancellationToken);
            if (failure is null || !isRetryable || attempt == Attempts)
            {
                return failure is null ? null : VersionChoice.ReasonOf(replica.Model, failure);
            }

            LogRetry(replica, Pause, failure);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>A load is retried if its silo was lost or another silo may succeed.</summary>
    private async Task<(string? Failure, bool IsRetryable)> TryLoadAsync(ReplicaId replica, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await grains.GetGrain<IReplicaGrain>(replica.ToString()).LoadAsync().WaitAsync(cancellationToken);
            return (reply.Fault?.Message, reply.Fault is { TryElsewhere: true });
        }
        catch (KreweException error)
        {
            return (error.Message, error.Code == KreweErrorCode.Unavailable);
        }
        catch (Exception error) when (LostCall.Is(error) && !cancellationToken.IsCancellationRequested)
        {
            return ("the silo that loaded it was lost", true);
        }
    }

    [LoggerMessage(EventId = 455, Level = LogLevel.Information,
        Message = "Failed to load replica {Replica} for a rollout; retrying in {Delay}: {Reason}")]
    private partial void LogRetry(ReplicaId replica, TimeSpan delay, string reason);
}
