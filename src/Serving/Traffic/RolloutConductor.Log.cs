using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class RolloutConductor
{
    [LoggerMessage(EventId = 190, Level = LogLevel.Error, Message = "Model {Model}: its rollout could not be moved on; that is tried again")]
    private partial void LogFailed(Exception error, ModelName model);

    [LoggerMessage(EventId = 191, Level = LogLevel.Warning, Message = "Model {Model}: a version of its rollout could not be loaded: {Reason}")]
    private partial void LogNotWarm(ModelName model, string reason);
}
