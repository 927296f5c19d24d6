using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal static partial class OnnxRuntimeEnvironment
{
    [LoggerMessage(EventId = 100, Message = "ONNX Runtime ({Source}): {Text}")]
    private static partial void LogRuntime(ILogger logger, LogLevel level, string source, string text);
}
