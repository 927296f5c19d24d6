using Microsoft.Extensions.Logging;

namespace Krewe.Member;

public sealed partial class DatabaseSetup
{
    [LoggerMessage(EventId = 500, Level = LogLevel.Warning,
        Message = "Waiting for the database at {Place}, for {Seconds} s more: {Reason}")]
    private partial void LogWaiting(string place, string reason, int seconds);

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "The tables in the {Database} went from version {Old} to {New}")]
    private partial void LogApplied(string database, int old, int @new);
}
