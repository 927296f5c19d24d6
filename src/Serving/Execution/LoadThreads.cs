using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Execution;

/// <summary>
/// The threads that load and free models, apart from those that run them and of lower priority. Where there are several, one is for
/// large models alone and has the lowest priority there is: a load of gigabytes then takes what processor time is left, and neither
/// holds up a load of kilobytes nor the models that serve. A small load is over soon and somebody waits for it. The end of a job is said
/// by the <see cref="CompletionDispatcher"/>.
/// </summary>
internal sealed partial class LoadThreads : IDisposable
{
    private const int SmallNiceness = 5;
    private const int LargeNiceness = 19;
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly object gate = new();
    private readonly Queue<Action> jobs = new();

    // Not under the gate: who asks for a load must not wait for the thread of lowest priority to let go of it.
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

    /// <summary>Jobs that wait.</summary>
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

    /// <summary>Does the work on one of the threads. The caller bounds how much of it there can be.</summary>
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
            thread.Join(JoinPatience);
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

    // What was asked for before the stop is still done by both: somebody waits for it.
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

    /// <summary>The platform's thread priorities do nothing on Linux; there every thread has a niceness of its own.</summary>
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
