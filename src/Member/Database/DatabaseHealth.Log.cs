using Microsoft.Extensions.Logging;

namespace Krewe.Member;

public sealed partial class DatabaseHealth
{
    [LoggerMessage(EventId = 502, Level = LogLevel.Warning, Message = "The cluster goes on without its database, but cannot change: {Problem}")]
    private partial void LogLost(string problem);

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "The database at {Place} answers again")]
    private partial void LogBack(string place);
}
