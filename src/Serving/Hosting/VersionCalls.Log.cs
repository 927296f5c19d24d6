using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class VersionCalls
{
    [LoggerMessage(EventId = 160, Level = LogLevel.Error, Message = "Model {Model}: an inference failed unexpectedly")]
    private partial void LogFailed(Exception error, ModelId model);

    [LoggerMessage(EventId = 161, Level = LogLevel.Warning, Message = "Model {Model} cannot serve, {Other} answers in its place: {Reason}")]
    private partial void LogTookOther(ModelId model, ModelId other, string reason);
}
