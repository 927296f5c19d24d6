using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class ReplicaMover
{
    [LoggerMessage(EventId = 401, Level = LogLevel.Information, Message = "Replica {Replica} has moved to {Silo} within {Milliseconds:0} ms")]
    private partial void LogMoved(ReplicaId replica, SiloAddress silo, double milliseconds);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "Model {Model} could not be loaded on {Silo}, where a replica was to move")]
    private partial void LogNotLoaded(Exception error, ModelId model, SiloAddress silo);
}
