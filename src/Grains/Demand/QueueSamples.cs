using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Demand;

/// <summary>What a replica's queue was like since its last report. Not thread-safe.</summary>
internal sealed class QueueSamples
{
    private const int CalmTurns = 4;
    private double sum;
    private int count;
    private int calm;

    /// <summary>The average of the samples since the last report, in requests.</summary>
    public double Average => count == 0 ? 0 : sum / count;

    /// <summary>One look at the queue.</summary>
    public void Add(double waiting)
    {
        sum += waiting;
        count++;
    }

    /// <summary>
    /// Whether it is time to report: at once where something waits or did so at the last report, now and then where the version has
    /// more replicas than its settings want at least, and never for one that is alone and calm.
    /// </summary>
    public bool IsDue(int index, int replicas, ReplicaRange range)
    {
        if (Average > 0 || calm == 0)
        {
            return true;
        }

        var isExtra = index > 0 || replicas > Math.Max(1, range.Min);
        return isExtra && count >= CalmTurns;
    }

    /// <summary>A report was sent.</summary>
    public void Reset()
    {
        calm = Average > 0 ? 0 : calm + 1;
        (sum, count) = (0, 0);
    }
}
