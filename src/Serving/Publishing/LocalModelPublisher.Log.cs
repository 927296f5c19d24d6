using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class LocalModelPublisher
{
    [LoggerMessage(EventId = 222, Level = LogLevel.Information, Message = "Version {Version} was published, {Bytes} bytes, SHA-256 {Sha256}")]
    private partial void LogPublished(ModelId version, long bytes, Sha256Digest sha256);

    [LoggerMessage(EventId = 223, Level = LogLevel.Information, Message = "Version {Version} was deleted")]
    private partial void LogDeleted(ModelId version);
}
