namespace Krewe.Serving.Execution;

/// <summary>A source of work for the runner threads: the batch queue of one loaded version.</summary>
internal abstract class RunSource
{
    // Guarded by the gate of RunnerThreads, except for the unlocked read of IsListed in Signal.
    internal int ActiveRuns;
    internal volatile bool IsListed;
    internal long ListedAt;

    /// <summary>The maximum number of concurrent runs of this source.</summary>
    public abstract int MaxConcurrentRuns { get; }

    /// <summary>Whether to start another run beside <paramref name="activeRuns"/>. Must be quick and must not take other locks.</summary>
    public abstract bool HasWork(int activeRuns);

    /// <summary>Takes the next batch and runs it; returns at once if there is none any more. Never throws.</summary>
    public abstract void RunNext();
}
