namespace Krewe.Rollouts.Tests.Traffic;

/// <summary>Memory of a test's tensor: says whether it was given back, and how often.</summary>
internal sealed class Held : IDisposable
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int times;

    public Task Released => released.Task;

    public int Times => Volatile.Read(ref times);

    public void Dispose()
    {
        Interlocked.Increment(ref times);
        released.TrySetResult();
    }
}
