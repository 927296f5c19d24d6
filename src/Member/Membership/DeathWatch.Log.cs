using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class DeathWatch
{
    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "Member {Silo} is dead: {Reason}")]
    private partial void LogDead(SiloAddress silo, string reason);

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "Whether member {Silo} lives could not be found out")]
    private partial void LogCheckFailed(Exception error, SiloAddress silo);
}
