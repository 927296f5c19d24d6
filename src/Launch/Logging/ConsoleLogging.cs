using Krewe.Launch.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Krewe.Launch.Logging;

/// <summary>Logs to standard error; standard output is for the program's messages.</summary>
public static class ConsoleLogging
{
    private const string Own = "Krewe.";

    // While this category logs, ASP.NET Core makes an activity and a log scope for every request.
    private const string RequestDiagnostics = "Microsoft.AspNetCore.Hosting.Diagnostics";
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    public static void AddKreweConsole(this ILoggingBuilder logging, ProgramOptions options, StartupPhase startup)
    {
        logging.AddFilter((category, level) => IsWanted(category, level, options.LogLevel, startup));
        logging.SetMinimumLevel(options.LogLevel);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (options.JsonLogs)
        {
            logging.AddJsonConsole(format => (format.TimestampFormat, format.UseUtcTimestamp) = (Timestamp.Trim(), true));
        }
        else
        {
            logging.AddSimpleConsole(format =>
            {
                (format.TimestampFormat, format.UseUtcTimestamp, format.SingleLine) = (Timestamp, true, true);
                format.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }

        var console = logging.Services.Single(static service => service.ImplementationType == typeof(ConsoleLoggerProvider));
        logging.Services.Remove(console);
        logging.Services.AddSingleton<ILoggerProvider>(services => new EngineEventFilter(
            new LogLimit(ActivatorUtilities.CreateInstance<ConsoleLoggerProvider>(services), TimeProvider.System),
            options.LogLevel <= LogLevel.Debug));
    }

    /// <summary>The framework's events are logged at debug level; its warnings and errors also, once the program has started.</summary>
    private static bool IsWanted(string? category, LogLevel level, LogLevel least, StartupPhase startup) =>
        level >= least
        && (category?.StartsWith(Own, StringComparison.Ordinal) == true
            || least <= LogLevel.Debug
            || (level >= LogLevel.Warning && startup.IsOver && category != RequestDiagnostics));
}
