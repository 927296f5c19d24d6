using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class SessionRegister
{
    [LoggerMessage(EventId = 172, Level = LogLevel.Error, Message = "Model {Model}: somebody who was told that it came or went has failed")]
    private partial void LogHandlerFailed(Exception error, ModelId model);
}
