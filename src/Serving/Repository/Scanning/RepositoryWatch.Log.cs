using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

internal sealed partial class RepositoryWatch
{
    [LoggerMessage(
        EventId = 211, Level = LogLevel.Warning,
        Message = "Folder '{Folder}' is ignored: a model's name has 1 to {MaxLength} letters, digits, '.', '_' or '-', no dot first")]
    private partial void LogMisnamed(string folder, int maxLength);
}
