using Krewe.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class DemandReporter
{
    [LoggerMessage(EventId = 431, Level = LogLevel.Debug, Message = "What waits for replica {Replica} could not be reported")]
    private partial void LogReportFailed(Exception error, ReplicaId replica);
}
