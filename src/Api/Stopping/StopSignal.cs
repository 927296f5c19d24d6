namespace Krewe.Api.Stopping;

/// <summary>Set once when the process starts to stop.</summary>
internal sealed class StopSignal
{
    private volatile bool stopping;

    public bool IsStopping => stopping;

    public void Set() => stopping = true;
}
