using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class MemoryBudget
{
    [LoggerMessage(EventId = 140, Level = LogLevel.Information, Message = "Model {Model} left memory, {Bytes} bytes ({Reason})")]
    private partial void LogFreed(ModelId model, long bytes, EvictionReason reason);
}
