namespace Krewe.Api.Stopping;

/// <summary>Set once when the process starts to stop.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource stopping = new();

    public bool IsStopping => stopping.IsCancellationRequested;

    /// <summary>Cancelled when the process starts to stop.</summary>
    public CancellationToken Token => stopping.Token;

    public void Set() => stopping.Cancel();

    public void Dispose() => stopping.Dispose();
}
