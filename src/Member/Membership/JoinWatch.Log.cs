using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class JoinWatch
{
    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "The members could not be read from the database while joining")]
    private partial void LogLookFailed(Exception error);
}
