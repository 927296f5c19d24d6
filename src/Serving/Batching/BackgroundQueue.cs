using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Batching;

/// <summary>The queue of background requests of one loaded version. They run one at a time, unbatched, on idle processor time.</summary>
internal sealed class BackgroundQueue(BatchRunner runner, int maxBatchSize, BackgroundThread thread)
{
    /// <summary>The maximum queue length.</summary>
    public const int MaxLength = 16;

    private readonly ConcurrentQueue<PendingInference> waiting = new();
    private int length;
    private int isEnlisted;

    /// <summary>Adds a request; a full queue throws <see cref="KreweErrorCode.Overloaded"/> at once.</summary>
    public void Enqueue(PendingInference pending)
    {
        if (Interlocked.Increment(ref length) > MaxLength)
        {
            Interlocked.Decrement(ref length);
            throw KreweException.Overloaded(
                $"the background queue of model '{runner.Model}' is full: {MaxLength} requests wait", TimeSpan.FromSeconds(1));
        }

        waiting.Enqueue(pending);
        EnlistIfNeeded();
    }

    /// <summary>Called by the background thread: runs one request and re-enlists the queue if more are waiting.</summary>
    public void RunNext()
    {
        if (waiting.TryDequeue(out var pending))
        {
            Interlocked.Decrement(ref length);
            Run(pending);
        }

        Volatile.Write(ref isEnlisted, 0);
        if (!waiting.IsEmpty)
        {
            EnlistIfNeeded();
        }
    }

    private void EnlistIfNeeded()
    {
        if (Interlocked.Exchange(ref isEnlisted, 1) == 0)
        {
            thread.Add(this);
        }
    }

    private void Run(PendingInference pending)
    {
        if (!pending.TryTake())
        {
            return;
        }

        if (pending.IsLeaseClosed)
        {
            // The memory is needed, and no caller waits for the answer.
            pending.Failed(KreweException.Unavailable($"model '{runner.Model}' is being unloaded"));
            return;
        }

        runner.Run([pending], maxBatchSize);
    }
}
