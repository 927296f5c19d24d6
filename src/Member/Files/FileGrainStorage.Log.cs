using Microsoft.Extensions.Logging;

namespace Krewe.Member;

internal sealed partial class FileGrainStorage
{
    [LoggerMessage(EventId = 515, Level = LogLevel.Error,
        Message = "Model {Model}: what was decided about its traffic cannot be read from {File}. Calls that name no version number are refused until the file is mended or removed")]
    private partial void LogUnreadable(Exception error, string model, string file);

    [LoggerMessage(EventId = 516, Level = LogLevel.Error, Message = "What was counted cannot be read from {File} and begins anew")]
    private partial void LogBeginsAnew(Exception error, string file);

    [LoggerMessage(EventId = 517, Level = LogLevel.Error, Message = "A decision could not be stored in {Folder}")]
    private partial void LogWriteFailed(Exception error, string folder);

    [LoggerMessage(EventId = 518, Level = LogLevel.Information, Message = "Model {Model}: what was decided about its traffic can be read again")]
    private partial void LogMended(string model);

    [LoggerMessage(EventId = 519, Level = LogLevel.Warning,
        Message = "Nothing can be recorded in {Folder}: {Reason} A version whose load ends the process is loaded again after each start, until --state names a folder that can be written")]
    private partial void LogUnrecorded(string folder, string reason);
}
