using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class RepositoryLook
{
    [LoggerMessage(EventId = 220, Level = LogLevel.Warning, Message = "Version {Version} could not be written: {Reason}")]
    private partial void LogStorageFailed(Exception error, ModelId version, string reason);

    [LoggerMessage(EventId = 221, Level = LogLevel.Warning, Message = "Version {Version} is in the repository and is not listed after {Patience}")]
    private partial void LogNotListed(ModelId version, TimeSpan patience);
}
