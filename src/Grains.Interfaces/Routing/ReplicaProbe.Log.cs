using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class ReplicaProbe
{
    [LoggerMessage(EventId = 471, Level = LogLevel.Warning,
        Message = "Silo {Silo} does not answer (replica {Replica}: {Reason}); what was under way there is done elsewhere")]
    private partial void LogLost(string silo, ReplicaId replica, string reason);

    [LoggerMessage(EventId = 480, Level = LogLevel.Warning,
        Message = "Replica {Replica} cannot be reached from here, and silo {Silo} reaches it: calls go through that for now")]
    private partial void LogRelayed(ReplicaId replica, string silo);

    [LoggerMessage(EventId = 481, Level = LogLevel.Information, Message = "Calls of replica {Replica} go through silo {Silo} no longer")]
    private partial void LogDirect(ReplicaId replica, string silo);

    [LoggerMessage(EventId = 472, Level = LogLevel.Error, Message = "Replica {Replica}: it could not be asked whether it is there again")]
    private partial void LogProbeFailed(Exception error, ReplicaId replica);
}
