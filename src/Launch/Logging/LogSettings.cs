using Krewe.Launch.Settings;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Logging;

/// <summary>The settings of the log.</summary>
public static class LogSettings
{
    public static readonly ISetting<ILogOptions> Format = Setting<ILogOptions>.Of(
        "log-format", "FORMAT", "'text' or 'json', one line for each event, on standard error. Default text.",
        Notations.LogFormat, static (options, json) => options.JsonLogs = json);

    public static readonly ISetting<ILogOptions> Level = Setting<ILogOptions>.Of(
        "log-level", "LEVEL", "The least that is logged: trace, debug, info, warning, error, none. Default info.",
        Notations.Level, static (options, level) => options.LogLevel = level);
}

/// <summary>The options of a program's log.</summary>
public interface ILogOptions
{
    /// <summary>True for JSON objects, false for lines of text.</summary>
    bool JsonLogs { get; set; }

    /// <summary>The minimum level of logged events.</summary>
    LogLevel LogLevel { get; set; }
}
