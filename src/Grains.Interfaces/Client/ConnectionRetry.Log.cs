using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class ConnectionRetry
{
    [LoggerMessage(EventId = 479, Level = LogLevel.Warning, Message = "Cluster {Cluster} cannot be reached yet, trying again: {Reason}")]
    private partial void LogWaiting(string cluster, string reason);
}
