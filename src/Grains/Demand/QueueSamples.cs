using Krewe.Abstractions.Hosting;

namespace Krewe.Grains.Demand;

/// <summary>Queue depths of a replica since its last report. Not thread-safe.</summary>
internal sealed class QueueSamples
{
    private const int SamplesBetweenReports = 4;
    private double sum;
    private int count;
    private int calmReports;

    /// <summary>The average depth since the last report, in requests.</summary>
    public double Average => count == 0 ? 0 : sum / count;

    /// <summary>Adds a sample.</summary>
    public void Add(double waiting)
    {
        sum += waiting;
        count++;
    }

    /// <summary>
    /// Whether to report now: at once if requests wait or waited at the last report; every few samples if the version has more replicas
    /// than its minimum; never for a single idle replica.
    /// </summary>
    public bool IsDue(int index, int replicas, ReplicaRange range)
    {
        if (Average > 0 || calmReports == 0)
        {
            return true;
        }

        var isExtra = index > 0 || replicas > Math.Max(1, range.Min);
        return isExtra && count >= SamplesBetweenReports;
    }

    /// <summary>Starts over after a report.</summary>
    public void Reset()
    {
        calmReports = Average > 0 ? 0 : calmReports + 1;
        (sum, count) = (0, 0);
    }
}
