using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class VersionCalls
{
    [LoggerMessage(EventId = 475, Level = LogLevel.Warning, Message = "Model {Model} keeps failing and is called only now and then: {Reason}")]
    private partial void LogOpened(ModelId model, string reason);

    [LoggerMessage(EventId = 476, Level = LogLevel.Information, Message = "Model {Model} answers again")]
    private partial void LogClosed(ModelId model);
}
