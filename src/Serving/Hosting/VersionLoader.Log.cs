using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class VersionLoader
{
    [LoggerMessage(EventId = 150, Level = LogLevel.Information,
        Message = "Model {Model} loaded in {Milliseconds:F1} ms, {Bytes} bytes, on {Provider}, max batch size {MaxBatchSize}")]
    private partial void LogLoaded(ModelId model, double milliseconds, long bytes, ExecutionProvider provider, int maxBatchSize);

    [LoggerMessage(EventId = 153, Level = LogLevel.Warning, Message = "Model {Model}: requests run one by one: {Reason}")]
    private partial void LogNotBatched(ModelId model, string reason);
}
