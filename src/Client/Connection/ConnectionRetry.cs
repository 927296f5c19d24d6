using Microsoft.Extensions.Logging;

namespace Krewe.Client.Connection;

/// <summary>Retries the connection to the cluster, and logs every twentieth attempt.</summary>
internal sealed partial class ConnectionRetry(KreweClientOptions options, TimeProvider time, ILogger<ConnectionRetry> logger)
    : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private const int AttemptsPerLog = 20;
    private long firstAt;
    private int attempts;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        firstAt = attempts == 0 ? time.GetTimestamp() : firstAt;
        if (attempts++ % AttemptsPerLog == 0)
        {
            LogWaiting(options.ClusterId, exception.Message);
        }

        if (options.ConnectTimeout != Timeout.InfiniteTimeSpan && time.GetElapsedTime(firstAt) >= options.ConnectTimeout)
        {
            return false;
        }

        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(EventId = 479, Level = LogLevel.Warning, Message = "Failed to connect to cluster {Cluster}; retrying: {Reason}")]
    private partial void LogWaiting(string cluster, string reason);
}
