using Krewe.Serving.Batching;
using Krewe.Serving.Loading;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Sessions;

namespace Krewe.Serving.Versions;

/// <summary>A version in memory.</summary>
internal sealed class LoadedModel(LoadedSession loaded, BatchQueue queue, BackgroundQueue background, TimeProvider time, Action onIdle)
    : SessionLease(time, onIdle)
{
    public OnnxSession Session => loaded.Session;

    public BatchQueue Queue => queue;

    /// <summary>Where requests go that nobody waits for.</summary>
    public BackgroundQueue Background => background;

    public int MaxBatchSize => loaded.Batching.MaxBatchSize;

    /// <summary>How many rows may share a run, and why none where that is so.</summary>
    public BatchDecision Batching => loaded.Batching;

    public long MemoryBytes => loaded.MemoryBytes;

    /// <summary>Frees the session; only when drained, on a load thread.</summary>
    public void Free()
    {
        queue.Dispose();
        loaded.Session.Dispose();
    }
}
