using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class ClusterModelPublisher
{
    [LoggerMessage(EventId = 490, Level = LogLevel.Information, Message = "Version {Version} was published to {Repositories} repositories, {Bytes} bytes, SHA-256 {Sha256}")]
    private partial void LogPublished(ModelId version, int repositories, long bytes, string sha256);

    [LoggerMessage(EventId = 491, Level = LogLevel.Information, Message = "Version {Version} was deleted from {Repositories} repositories")]
    private partial void LogDeleted(ModelId version, int repositories);
}
