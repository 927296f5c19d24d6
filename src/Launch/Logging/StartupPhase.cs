namespace Krewe.Launch.Logging;

/// <summary>
/// Suppresses the framework's events during startup: it logs a failure with a stack trace and also throws it, which the program reports
/// in one line.
/// </summary>
public sealed class StartupPhase
{
    private volatile bool ended;

    public bool IsOver => ended;

    public void End() => ended = true;
}
