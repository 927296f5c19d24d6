using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class ExecutionProviders
{
    [LoggerMessage(EventId = 110, Level = LogLevel.Warning, Message = "Model {Model}: execution provider {Provider} is not usable, running on CPU instead: {Reason}")]
    private partial void LogFellBack(ModelId model, ExecutionProvider provider, string reason);
}
