using System.Collections.Concurrent;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Runs tasks on one thread of idle priority (<see cref="IdlePriority"/>), which starts with the first task. The queue is unbounded;
/// callers limit it.
/// </summary>
internal sealed class IdleScheduler(string name) : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> tasks = [];
    private int started;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Queued tasks still run; later ones run on the thread pool.</summary>
    public void Dispose() => tasks.CompleteAdding();

    protected override void QueueTask(Task task)
    {
        if (Interlocked.Exchange(ref started, 1) == 0)
        {
            new Thread(Work) { IsBackground = true, Name = name }.Start();
        }

        try
        {
            tasks.Add(task);
        }
        catch (InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);
        }
    }

    // Inlining would take the caller's time.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [.. tasks];

    private void Work()
    {
        IdlePriority.Take();
        foreach (var task in tasks.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
        }
    }
}
