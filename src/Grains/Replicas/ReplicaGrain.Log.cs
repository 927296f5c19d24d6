using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class ReplicaGrain
{
    [LoggerMessage(EventId = 400, Level = LogLevel.Warning, Message = "Model {Model} stays in memory: its memory could not be given back")]
    private partial void LogReleaseFailed(Exception error, ModelId model);
}
