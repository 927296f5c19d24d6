using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class LoadFailures
{
    [LoggerMessage(EventId = 151, Level = LogLevel.Warning, Message = "Model {Model} could not be loaded: {Reason}")]
    private partial void LogLoadFailed(Exception? error, ModelId model, string reason);

    [LoggerMessage(EventId = 152, Level = LogLevel.Warning, Message = "Model {Model} is not loaded now: {Reason}")]
    private partial void LogLoadRefused(Exception? error, ModelId model, string reason);
}
