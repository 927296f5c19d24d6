using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Execution;

/// <summary>
/// Threads that load and free models, at lower priority than the runner threads. With several threads, one is reserved for large models and
/// runs at the lowest priority, so that loading gigabytes delays neither small loads nor inference. Job results are posted to the
/// <see cref="CompletionDispatcher"/>.
/// </summary>
internal sealed partial class LoadThreads : IDisposable
{
    private const int SmallNiceness = 5;
    private const int LargeNiceness = 19;
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly object gate = new();
    private readonly Queue<Action> jobs = new();

    // Not guarded by the gate: callers must not wait for the lowest-priority thread to release a lock.
    private readonly ConcurrentQueue<Action> large = new();
    private readonly AutoResetEvent largeAdded = new(false);
    private readonly Thread[] threads;
    private readonly CompletionDispatcher completions;
    private volatile bool stopping;

    public LoadThreads(int count, CompletionDispatcher completions)
    {
        this.completions = completions;
        threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            ThreadStart run = count > 1 && i == 0 ? RunLarge : Run;
            threads[i] = new Thread(run) { IsBackground = true, Name = "krewe-load" };
            threads[i].Start();
        }
    }

    /// <summary>The number of waiting jobs.</summary>
    public int QueueLength
    {
        get
        {
            lock (gate)
            {
                return jobs.Count + large.Count;
            }
        }
    }

    /// <summary>Queues work for one of the threads. Callers bound the amount of work.</summary>
    public Task<T> RunAsync<T>(Func<T> work, bool isLarge = false)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (stopping)
            {
                throw KreweException.Unavailable("the process is stopping", RetryAfter);
            }

            if (isLarge && threads.Length > 1)
            {
                large.Enqueue(() => Complete(completion, work));
                largeAdded.Set();
            }
            else
            {
                jobs.Enqueue(() => Complete(completion, work));
                Monitor.Pulse(gate);
            }
        }

        return completion.Task;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
            largeAdded.Set();
        }

        foreach (var thread in threads)
        {
            thread.Join(JoinTimeout);
        }
    }

    private void Complete<T>(TaskCompletionSource<T> completion, Func<T> work)
    {
        try
        {
            var result = work();
            completions.Post(() => completion.SetResult(result));
        }
        catch (Exception error)
        {
            completions.Post(() => completion.SetException(error));
        }
    }

    // Jobs queued before the stop still run: their callers wait for the result.
    private void Run()
    {
        LowerPriority(SmallNiceness);
        while (Wait() is { } job)
        {
            job();
        }
    }

    private void RunLarge()
    {
        LowerPriority(LargeNiceness);
        while (!stopping || !large.IsEmpty)
        {
            if (large.TryDequeue(out var job))
            {
                job();
            }
            else
            {
                largeAdded.WaitOne();
            }
        }
    }

    private Action? Wait()
    {
        lock (gate)
        {
            Action? job;
            while (!jobs.TryDequeue(out job) && !stopping)
            {
                Monitor.Wait(gate);
            }

            return job;
        }
    }

    /// <summary>.NET thread priorities have no effect on Linux, where every thread has its own niceness.</summary>
    private static void LowerPriority(int niceness)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(0, 0, niceness);
        }
        else
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
