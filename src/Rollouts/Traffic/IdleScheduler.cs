using System.Collections.Concurrent;

namespace Krewe.Rollouts.Traffic;

/// <summary>
/// Runs tasks on one thread that takes only the processor time which nobody else wants (<see cref="IdlePriority"/>). The thread starts with
/// the first task. Whoever queues tasks bounds how many there are.
/// </summary>
internal sealed class IdleScheduler(string name) : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> tasks = [];
    private int started;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>What is queued is still run; what is queued afterwards runs on the thread pool.</summary>
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

    // On a thread of the caller it would cost the caller.
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
