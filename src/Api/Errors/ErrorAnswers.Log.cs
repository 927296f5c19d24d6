using Microsoft.Extensions.Logging;

namespace Krewe.Api;

internal sealed partial class ErrorAnswers
{
    [LoggerMessage(EventId = 310, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly (model '{Model}')")]
    private partial void LogUnexpected(Exception error, string method, string path, string model);

    [LoggerMessage(EventId = 311, Level = LogLevel.Debug, Message = "{Status} to {Method} {Path}: {Message}")]
    private partial void LogRefused(int status, string method, string path, string message);

    [LoggerMessage(EventId = 312, Level = LogLevel.Debug, Message = "The caller of {Method} (model '{Model}') went away")]
    private partial void LogCallerGone(string method, string model);

    [LoggerMessage(EventId = 313, Level = LogLevel.Debug, Message = "An answer to {Method} (model '{Model}') had begun when it failed; its connection is cut")]
    private partial void LogCut(string method, string model);
}
