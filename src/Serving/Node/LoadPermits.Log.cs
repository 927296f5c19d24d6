using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class LoadPermits
{
    [LoggerMessage(EventId = 173, Level = LogLevel.Warning, Message = "Model {Model}: it could not be recorded that its load has ended")]
    private partial void LogLeaveFailed(Exception error, ModelId model);
}
