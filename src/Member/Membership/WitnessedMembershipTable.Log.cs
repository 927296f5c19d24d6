using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class WitnessedMembershipTable
{
    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "Member {Silo} is dead: {Reason}")]
    private partial void LogGone(SiloAddress silo, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "Member {Silo} is not declared dead: {Reason}")]
    private partial void LogKept(SiloAddress silo, string reason);
}
