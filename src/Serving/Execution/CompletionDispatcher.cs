using System.Collections.Concurrent;

namespace Krewe.Serving.Execution;

/// <summary>
/// Runs completions in order on a normal-priority thread. On Linux a thread inherits the priority of the one that starts it, pool threads
/// included, so low-priority load threads must not complete tasks or raise events themselves.
/// </summary>
internal sealed class CompletionDispatcher : IDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(5);

    // Lock-free: neither is ever held by a thread that the scheduler or the garbage collector can suspend for long.
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly AutoResetEvent added = new(false);
    private readonly Thread thread;
    private volatile bool stopping;

    public CompletionDispatcher()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "krewe-completions" };
        thread.Start();
    }

    /// <summary>Queues a completion. It must be short and must not throw.</summary>
    public void Post(Action completion)
    {
        posted.Enqueue(completion);
        added.Set();
        if (stopping)
        {
            RunAll();
        }
    }

    /// <summary>Runs the remaining completions; later ones run on the posting thread.</summary>
    public void Dispose()
    {
        stopping = true;
        added.Set();
        thread.Join(JoinTimeout);
        RunAll();
    }

    private void Run()
    {
        while (!stopping)
        {
            added.WaitOne();
            RunAll();
        }
    }

    private void RunAll()
    {
        while (posted.TryDequeue(out var completion))
        {
            completion();
        }
    }
}
