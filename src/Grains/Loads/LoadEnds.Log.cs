using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class LoadEnds
{
    [LoggerMessage(EventId = 420, Level = LogLevel.Debug, Message = "The end of a load of model {Model} could not be recorded and is tried again")]
    private partial void LogNotTold(Exception error, ModelId model);
}
