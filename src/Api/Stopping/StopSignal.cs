namespace Krewe.Api.Stopping;

/// <summary>Whether the process is stopping; set once.</summary>
internal sealed class StopSignal
{
    private volatile bool stopping;

    public bool IsStopping => stopping;

    public void Set() => stopping = true;
}
