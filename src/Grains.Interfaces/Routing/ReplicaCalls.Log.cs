using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class ReplicaCalls
{
    [LoggerMessage(EventId = 473, Level = LogLevel.Error, Message = "Replica {Replica}: an inference failed unexpectedly")]
    private partial void LogUnexpected(Exception error, ReplicaId replica);
}
