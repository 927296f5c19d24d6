using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class ServingService
{
    [LoggerMessage(EventId = 170, Level = LogLevel.Information,
        Message = "Serving with a memory budget of {Bytes} bytes, {Runners} runner threads and {Loaders} load threads")]
    private partial void LogBudget(long bytes, int runners, int loaders);

    [LoggerMessage(EventId = 171, Level = LogLevel.Error, Message = "Model {Model} could not be drained")]
    private partial void LogDrainFailed(Exception error, ModelId model);
}
