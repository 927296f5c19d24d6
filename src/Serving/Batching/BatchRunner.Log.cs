using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class BatchRunner
{
    [LoggerMessage(EventId = 130, Level = LogLevel.Warning, Message = "Model {Model}: outputs do not follow the batch; its requests run one by one from now on")]
    private partial void LogRunsAlone(ModelId model);

    [LoggerMessage(EventId = 131, Level = LogLevel.Error, Message = "Model {Model}: a run failed unexpectedly")]
    private partial void LogRunFailed(Exception error, ModelId model);
}
