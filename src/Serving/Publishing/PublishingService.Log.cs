using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class PublishingService
{
    [LoggerMessage(EventId = 224, Level = LogLevel.Information, Message = "Removed {Count} uploads and deletions that a process had left unfinished")]
    private partial void LogCleaned(int count);
}
