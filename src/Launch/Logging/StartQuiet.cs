namespace Krewe.Launch.Logging;

/// <summary>
/// While the process starts, the framework logs a failure with its stack trace and throws it as well; the program tells it in one
/// line, so until then the framework's own word is left out.
/// </summary>
public sealed class StartQuiet
{
    private volatile bool ended;

    public bool IsOver => ended;

    public void End() => ended = true;
}
