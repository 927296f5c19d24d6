namespace Krewe.Serving.Execution;

/// <summary>Something with work for the runner threads: the batch queue of one loaded version.</summary>
internal abstract class RunSource
{
    // Guarded by the gate of RunnerThreads, but for the unlocked look at IsListed in Signal.
    internal int ActiveRuns;
    internal volatile bool IsListed;
    internal long ListedAt;

    /// <summary>The most runs of this source at the same time.</summary>
    public abstract int MaxConcurrentRuns { get; }

    /// <summary>
    /// Whether another run is worth starting while <paramref name="activeRuns"/> are under way. Quick, takes no other lock.
    /// </summary>
    public abstract bool HasWork(int activeRuns);

    /// <summary>Takes what is due and runs it; returns at once where somebody else was quicker. Never throws.</summary>
    public abstract void RunNext();
}
