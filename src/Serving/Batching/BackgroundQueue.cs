using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Batching;

/// <summary>
/// The background requests that wait for one loaded version. They run one by one, apart from the real ones, when nothing else wants the
/// processor.
/// </summary>
internal sealed class BackgroundQueue(BatchRunner runner, int maxBatchSize, BackgroundThread thread)
{
    /// <summary>The most requests that wait.</summary>
    public const int MaxLength = 16;

    private readonly ConcurrentQueue<PendingInference> waiting = new();
    private int length;
    private int isListed;

    /// <summary>Adds a request; a full queue throws <see cref="KreweErrorCode.Overloaded"/> at once.</summary>
    public void Enqueue(PendingInference pending)
    {
        if (Interlocked.Increment(ref length) > MaxLength)
        {
            Interlocked.Decrement(ref length);
            throw KreweException.Overloaded(
                $"{MaxLength} background requests wait for model '{runner.Model}' already", TimeSpan.FromSeconds(1));
        }

        waiting.Enqueue(pending);
        ListWhereNeeded();
    }

    /// <summary>For the thread: runs one request, and takes another turn where there are more.</summary>
    public void RunNext()
    {
        if (waiting.TryDequeue(out var pending))
        {
            Interlocked.Decrement(ref length);
            Run(pending);
        }

        Volatile.Write(ref isListed, 0);
        if (!waiting.IsEmpty)
        {
            ListWhereNeeded();
        }
    }

    private void ListWhereNeeded()
    {
        if (Interlocked.Exchange(ref isListed, 1) == 0)
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

        if (pending.IsForClosed)
        {
            // Somebody waits for the memory, nobody for the answer.
            pending.Failed(KreweException.Unavailable($"model '{runner.Model}' is leaving memory"));
            return;
        }

        runner.Run([pending], maxBatchSize);
    }
}
