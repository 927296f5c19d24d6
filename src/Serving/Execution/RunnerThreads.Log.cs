using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class RunnerThreads
{
    [LoggerMessage(EventId = 120, Level = LogLevel.Debug, Message = "All runner threads were busy for too long; there are {Count} now")]
    private partial void LogExtraThread(int count);
}
