using System.Collections.Concurrent;
using Krewe.Rollouts.Traffic;

namespace Krewe.Serving.Batching;

/// <summary>
/// The thread that runs what nobody waits for, on the processor time that everybody else leaves over. Queues with work take turns. Callers
/// never wait for it: it may be put aside at any moment, so it holds nothing that they need.
/// </summary>
internal sealed class BackgroundThread : IDisposable
{
    private readonly ConcurrentQueue<BackgroundQueue> turns = new();
    private readonly AutoResetEvent added = new(false);
    private int started;
    private volatile bool stopping;

    /// <summary>Says that a queue has work and is not in the row yet.</summary>
    public void Add(BackgroundQueue queue)
    {
        turns.Enqueue(queue);
        if (Interlocked.Exchange(ref started, 1) == 0)
        {
            new Thread(Run) { IsBackground = true, Name = "krewe-idle" }.Start();
        }

        added.Set();
    }

    /// <summary>Starts no further run. One that is under way is not waited for: it may not get the processor for long.</summary>
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
            while (!stopping && turns.TryDequeue(out var queue))
            {
                queue.RunNext();
            }

            added.WaitOne();
        }
    }
}
