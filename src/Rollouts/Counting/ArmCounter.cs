namespace Krewe.Rollouts;

/// <summary><see cref="ArmCounts"/> in the making; safe from any thread.</summary>
internal sealed class ArmCounter
{
    private readonly LatencyCounter latency = new();
    private long errors;

    public void AddSuccess(TimeSpan duration) => latency.Add(duration);

    public void AddError() => Interlocked.Increment(ref errors);

    /// <summary>Whole calls only: what was counted while this reads is in the next reading.</summary>
    public ArmCounts Read()
    {
        var (failed, took) = (Volatile.Read(ref errors), latency.Read());
        return new ArmCounts(took.Total + failed, failed, took);
    }
}
