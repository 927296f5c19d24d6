using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class TrafficStore
{
    [LoggerMessage(EventId = 180, Level = LogLevel.Error,
        Message = "Model {Model}: what was decided about its traffic cannot be read from {File}. Calls that name no version number are refused until the file is mended or removed")]
    private partial void LogUnreadable(Exception error, ModelName model, string file);

    [LoggerMessage(EventId = 181, Level = LogLevel.Error, Message = "Model {Model}: the counts of its rollout cannot be read from {File} and begin anew")]
    private partial void LogCountsLost(Exception error, ModelName model, string file);

    [LoggerMessage(EventId = 182, Level = LogLevel.Error, Message = "A decision about traffic could not be stored in {Folder}")]
    private partial void LogWriteFailed(Exception error, string folder);
}
