using Microsoft.Extensions.Logging;

namespace Krewe.Api;

internal sealed partial class StopSequence
{
    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "Stopping: {InFlight} requests in flight have {TimeoutSeconds} s to end")]
    private partial void LogStopping(long inFlight, double timeoutSeconds);

    [LoggerMessage(EventId = 301, Level = LogLevel.Information, Message = "Stopped; {InFlight} requests were cut")]
    private partial void LogStopped(long inFlight);
}
