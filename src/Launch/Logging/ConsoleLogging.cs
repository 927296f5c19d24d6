using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Krewe.Launch;

/// <summary>Where events go: standard error, so that standard output holds what the program has to say to a person.</summary>
internal static class ConsoleLogging
{
    private const string Own = "Krewe.";
    private const string Membership = "Orleans.Runtime.MembershipService.Membership";
    private const string Messaging = "Orleans.Messaging";
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    public static void AddKreweConsole(this ILoggingBuilder logging, ILogOptions options, StartQuiet quiet)
    {
        logging.AddFilter((category, level) => IsWanted(category, level, options.LogLevel, quiet));
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
    }

    /// <summary>The framework's events are for those who look for a fault, but for its warnings and errors once it runs.</summary>
    private static bool IsWanted(string? category, LogLevel level, LogLevel least, StartQuiet quiet) =>
        level >= least
        && (category?.StartsWith(Own, StringComparison.Ordinal) == true
            || least <= LogLevel.Debug
            || (level >= LeastOfFramework(category) && quiet.IsOver));

    /// <summary>
    /// What membership warns of with a stack trace every second while the database is away, an event of ours says in a line. A message
    /// that has no place to go while members come and go is an error in the engine's log; its sender is told as well, and it is for him
    /// to say whether that matters.
    /// </summary>
    private static LogLevel LeastOfFramework(string? category) =>
        category is null ? LogLevel.Warning
        : category.StartsWith(Membership, StringComparison.Ordinal) ? LogLevel.Error
        : category == Messaging ? LogLevel.Critical
        : LogLevel.Warning;
}
