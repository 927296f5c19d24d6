using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class RolloutConductor
{
    [LoggerMessage(EventId = 456, Level = LogLevel.Information, Message = "Model {Model}: {Rollout} is {Phase}. {Reason}")]
    private partial void LogMoved(ModelName model, string rollout, string phase, string reason);

    [LoggerMessage(
        EventId = 457, Level = LogLevel.Warning, Message = "{Version} has no {Count} replicas yet for the next step of its rollout, which goes on: {Reason}")]
    private partial void LogNotPrepared(ModelId version, int count, string reason);

    [LoggerMessage(EventId = 458, Level = LogLevel.Information, Message = "The warm-up for the rollout of model {Model} begins anew: {Reason}")]
    private partial void LogNotWarmed(ModelName model, string reason);
}
