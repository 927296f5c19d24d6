using System.Collections.Concurrent;
using Krewe.Rollouts.Traffic;

namespace Krewe.Serving.Batching;

/// <summary>
/// Runs background requests at idle priority, queue by queue in round-robin order. It can be preempted at any moment, so it must not hold
/// anything that foreground calls wait for.
/// </summary>
internal sealed class BackgroundThread : IDisposable
{
    private readonly ConcurrentQueue<BackgroundQueue> ready = new();
    private readonly AutoResetEvent added = new(false);
    private int started;
    private volatile bool stopping;

    /// <summary>Enlists a queue that has work and is not enlisted yet.</summary>
    public void Add(BackgroundQueue queue)
    {
        ready.Enqueue(queue);
        if (Interlocked.Exchange(ref started, 1) == 0)
        {
            new Thread(Run) { IsBackground = true, Name = "krewe-idle" }.Start();
        }

        added.Set();
    }

    /// <summary>Starts no further run. Does not wait for the current one, which may not get the processor for long.</summary>
    public void Dispose()
    {
        stopping = true;
        added.Set();
    }

    private void Run()
    {
        IdlePriority.Take();
        while (!stopping)
        {
            while (!stopping && ready.TryDequeue(out var queue))
            {
                queue.RunNext();
            }

            added.WaitOne();
        }
    }
}
