using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class DeathWatch
{
    [LoggerMessage(EventId = 507, Level = LogLevel.Information, Message = "Member {Silo} cannot be connected to, is it dead?")]
    private partial void LogSuspect(SiloAddress silo);

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "Whether member {Silo} lives could not be found out")]
    private partial void LogCheckFailed(Exception error, SiloAddress silo);
}
