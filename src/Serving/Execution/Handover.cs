using System.Collections.Concurrent;

namespace Krewe.Serving.Execution;

/// <summary>
/// A thread of ordinary priority that says things on behalf of those of low priority. Whoever completes a task or raises an event may
/// make the thread pool start a thread, and on Linux a new thread has the priority of the one that starts it: calls would then be answered
/// by threads that get what processor time loads leave over. What is posted is said in its order.
/// </summary>
internal sealed class Handover : IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(5);

    // Neither of the two is ever held by a thread that the system, or the garbage collector, may put aside for long.
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly AutoResetEvent added = new(false);
    private readonly Thread thread;
    private volatile bool stopping;

    public Handover()
    {
        thread = new Thread(Run) { IsBackground = true, Name = "krewe-say" };
        thread.Start();
    }

    /// <summary>Has something said soon. It is quick and does not throw.</summary>
    public void Post(Action saying)
    {
        posted.Enqueue(saying);
        added.Set();
        if (stopping)
        {
            SayAll();
        }
    }

    /// <summary>Says what is left; what comes later is said by who posts it.</summary>
    public void Dispose()
    {
        stopping = true;
        added.Set();
        thread.Join(JoinPatience);
        SayAll();
    }

    private void Run()
    {
        while (!stopping)
        {
            added.WaitOne();
            SayAll();
        }
    }

    private void SayAll()
    {
        while (posted.TryDequeue(out var saying))
        {
            saying();
        }
    }
}
