using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class LoadGate
{
    [LoggerMessage(EventId = 421, Level = LogLevel.Warning, Message = "Model {Model} has taken a process down before: it loads while nothing else does")]
    private partial void LogAlone(ModelId model);

    [LoggerMessage(EventId = 422, Level = LogLevel.Debug, Message = "Model {Model} loads without a record: this process has loaded it before")]
    private partial void LogUnrecorded(Exception error, ModelId model);

    [LoggerMessage(EventId = 423, Level = LogLevel.Warning, Message = "Model {Model} waits to be loaded: the cluster's database does not answer")]
    private partial void LogWaiting(Exception error, ModelId model);
}
