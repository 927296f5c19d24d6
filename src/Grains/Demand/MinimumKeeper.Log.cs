using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class MinimumKeeper
{
    [LoggerMessage(EventId = 432, Level = LogLevel.Debug, Message = "The least replicas of model {Model} could not be seen to; it is tried again")]
    private partial void LogNotAsked(Exception error, ModelId model);
}
