using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class ModelVersionGrain
{
    [LoggerMessage(EventId = 415, Level = LogLevel.Warning, Message = "A process ended while it loaded model {Model}: {Reason}")]
    private partial void LogDeath(ModelId model, string reason);

    [LoggerMessage(EventId = 416, Level = LogLevel.Warning, Message = "Model {Model} is quarantined: {Reason}")]
    private partial void LogQuarantined(ModelId model, string reason);

    [LoggerMessage(EventId = 417, Level = LogLevel.Warning, Message = "The quarantine of model {Model} could not be published and is tried again")]
    private partial void LogPublishFailed(Exception error, ModelId model);
}
