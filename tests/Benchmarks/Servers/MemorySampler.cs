namespace Krewe.Benchmarks.Servers;

/// <summary>Looks at the resident memory of a process every 100 ms.</summary>
internal sealed class MemorySampler : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly CancellationTokenSource stop = new();
    private readonly ServerProcess server;
    private readonly Task sampling;

    public MemorySampler(ServerProcess server)
    {
        this.server = server;
        sampling = SampleAsync();
    }

    public long MaxBytes { get; private set; }

    public int Samples { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await sampling;
        stop.Dispose();
    }

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (!stop.IsCancellationRequested && server.IsRunning)
        {
            MaxBytes = Math.Max(MaxBytes, server.ResidentBytes);
            Samples++;
            try
            {
                await timer.WaitForNextTickAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
