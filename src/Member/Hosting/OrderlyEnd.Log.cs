using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class OrderlyEnd
{
    [LoggerMessage(EventId = 509, Level = LogLevel.Warning,
        Message = "The other members could not reach this one and have declared it dead: it stops with exit code {Code}, and is to be started again")]
    private partial void LogDeclaredDead(int code);

    [LoggerMessage(EventId = 510, Level = LogLevel.Critical, Message = "This member cannot go on ({Context}): it stops")]
    private partial void LogFailed(Exception error, string? context);
}
