using Krewe.Launch.Settings;

namespace Krewe.Launch.Logging;

/// <summary>The settings of the log.</summary>
public static class LogSettings
{
    public static readonly ISetting<ProgramOptions> Format = Setting<ProgramOptions>.Of(
        "log-format", "FORMAT", "Log format, 'text' or 'json', one line per event, on standard error. Default text.",
        Notations.LogFormat, static (options, json) => options.JsonLogs = json);

    public static readonly ISetting<ProgramOptions> Level = Setting<ProgramOptions>.Of(
        "log-level", "LEVEL", "Minimum level to log: trace, debug, info, warning, error, none. Default info.",
        Notations.Level, static (options, level) => options.LogLevel = level);
}
