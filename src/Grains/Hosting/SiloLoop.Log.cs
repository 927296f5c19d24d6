using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal abstract partial class SiloLoop
{
    [LoggerMessage(EventId = 430, Level = LogLevel.Warning, Message = "A turn of {Loop} failed; the next one follows")]
    private partial void LogTurnFailed(Exception error, string loop);
}
