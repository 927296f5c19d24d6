using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class CallWatch
{
    [LoggerMessage(EventId = 477, Level = LogLevel.Debug, Message = "Replica {Replica} does not know of {Count} calls that should be under way there; they are made again")]
    private partial void LogAbandoned(ReplicaId replica, int count);

    [LoggerMessage(EventId = 482, Level = LogLevel.Error, Message = "Replica {Replica} could not be asked after a call")]
    private partial void LogAskingFailed(Exception error, ReplicaId replica);
}
