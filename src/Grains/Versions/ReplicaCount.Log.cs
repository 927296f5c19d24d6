using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class ReplicaCount
{
    [LoggerMessage(EventId = 410, Level = LogLevel.Information, Message = "Model {Model} has {Count} replicas now: more was waiting than they could answer")]
    private partial void LogRaised(ModelId model, int count);

    [LoggerMessage(EventId = 411, Level = LogLevel.Information, Message = "Model {Model} has {Count} replicas now: fewer suffice")]
    private partial void LogLowered(ModelId model, int count);

    [LoggerMessage(EventId = 412, Level = LogLevel.Warning, Message = "Replica {Index} of model {Model} is not there: {Reason}")]
    private partial void LogNotLoaded(ModelId model, int index, string reason);

    [LoggerMessage(EventId = 413, Level = LogLevel.Warning, Message = "Replica {Index} of model {Model} could not be asked to load")]
    private partial void LogLoadFailed(Exception error, ModelId model, int index);

    [LoggerMessage(EventId = 414, Level = LogLevel.Debug, Message = "Replica {Index} of model {Model} could not be asked to go")]
    private partial void LogRetireFailed(Exception error, ModelId model, int index);
}
