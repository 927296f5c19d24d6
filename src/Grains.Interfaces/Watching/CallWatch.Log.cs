using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class CallWatch
{
    [LoggerMessage(EventId = 477, Level = LogLevel.Debug, Message = "Replica {Replica} knows nothing of a call under way; it is made again")]
    private partial void LogAbandoned(ReplicaId replica);

    [LoggerMessage(EventId = 478, Level = LogLevel.Error, Message = "Replica {Replica} could not be asked after a call")]
    private partial void LogAskingFailed(Exception error, ReplicaId replica);
}
