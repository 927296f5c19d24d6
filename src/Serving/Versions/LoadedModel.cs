using Krewe.Serving.Batching;
using Krewe.Serving.Isolation;
using Krewe.Serving.Loading;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Sessions;

namespace Krewe.Serving.Versions;

/// <summary>A loaded version.</summary>
internal sealed class LoadedModel(LoadedSession loaded, BatchQueue queue, BackgroundQueue background, TimeProvider time, Action onIdle)
    : SessionLease(time, onIdle)
{
    public OnnxSession Session => loaded.Session;

    public BatchQueue Queue => queue;

    /// <summary>The queue for background requests.</summary>
    public BackgroundQueue Background => background;

    public int MaxBatchSize => loaded.Batching.MaxBatchSize;

    /// <summary>The maximum batch size, and why requests are not batched if they are not.</summary>
    public BatchDecision Batching => loaded.Batching;

    /// <summary>Whether it runs in a worker process, and why.</summary>
    public IsolationDecision Isolation => loaded.Isolation;

    public long MemoryBytes => loaded.MemoryBytes;

    /// <summary>Frees the session. Call only when drained, on a load thread.</summary>
    public void Free()
    {
        queue.Dispose();
        loaded.Session.Dispose();
    }
}
