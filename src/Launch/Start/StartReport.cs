using Krewe.Launch.Settings;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Start;

/// <summary>Writes a program's start messages: to standard output, or as log entries if the log is JSON.</summary>
public static partial class StartReport
{
    private const string Warning = "WARNING: ";

    /// <summary>Prints the lines; in a log, an indented line belongs to the one before it.</summary>
    public static async Task WriteAsync(IReadOnlyList<string> lines, ProgramOptions options, ILogger logger)
    {
        if (!options.JsonLogs)
        {
            await Console.Out.WriteLineAsync(string.Join(Environment.NewLine, lines));
            await Console.Out.FlushAsync();
            return;
        }

        foreach (var entry in string.Join('\n', lines).Replace("\n  ", " ", StringComparison.Ordinal).Split('\n'))
        {
            var isWarning = entry.StartsWith(Warning, StringComparison.Ordinal);
            LogLine(logger, isWarning ? LogLevel.Warning : LogLevel.Information, isWarning ? entry[Warning.Length..] : entry);
        }
    }

    [LoggerMessage(EventId = 538, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, LogLevel level, string line);
}
