namespace Krewe.Benchmarks.Load;

/// <summary>Callers side by side, each on a thread of its own, so that no pool stands between them and the clock.</summary>
internal static class Callers
{
    public static Task RunAsync(int count, Action<int> caller) => Task.WhenAll(Enumerable.Range(0, count).Select(number =>
        Task.Factory.StartNew(() => caller(number), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
}
