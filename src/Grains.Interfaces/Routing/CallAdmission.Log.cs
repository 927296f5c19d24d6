using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class CallAdmission
{
    [LoggerMessage(EventId = 470, Level = LogLevel.Warning,
        Message = "Requests are refused: {Refusal} ({Outstanding} under way, with {Bytes} bytes of inputs). This is said every ten seconds at most")]
    private partial void LogShedding(string refusal, int outstanding, long bytes);
}
