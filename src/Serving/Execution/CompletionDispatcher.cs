using System.Collections.Concurrent;

namespace Krewe.Serving.Execution;

/// <summary>
/// Runs completions in order on a normal-priority thread. On Linux a thread inherits the priority of the one that starts it, pool threads
/// included, so low-priority load threads must not complete tasks or raise events themselves.
/// </summary>
internal sealed class CompletionDispatcher : IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(5);

    // Neither of the two is ever held by a thread that the system, or the garbage collector, may put aside for long.
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

    /// <summary>Runs what is left; what is posted later runs on the thread that posts it.</summary>
    public void Dispose()
    {
        stopping = true;
        added.Set();
        thread.Join(JoinPatience);
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
