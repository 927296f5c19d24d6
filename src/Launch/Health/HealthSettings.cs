using Krewe.Launch.Settings;

namespace Krewe.Launch.Health;

/// <summary>The setting of the health check.</summary>
public static class HealthSettings
{
    private static readonly Notation<string> Question = new("'live' or 'ready'", static (string text, out string value) =>
    {
        value = text;
        return text is "live" or "ready";
    });

    public static readonly ISetting<ProgramOptions> Health = Setting<ProgramOptions>.Of(
        "health", "live|ready",
        "Health check for containers: ask the process that runs with the same settings whether it is live or ready, and exit with 0 "
            + "if it is. Default: serve.",
        Question, static (options, question) => options.Health = question);
}
