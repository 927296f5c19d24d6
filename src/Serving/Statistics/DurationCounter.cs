using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>Counts how often something happened and how long it took; safe from any thread.</summary>
internal struct DurationCounter
{
    private long count;
    private long nanoseconds;

    /// <summary>Adds occurrences that took this long together.</summary>
    public void Add(TimeSpan duration, int occurrences = 1)
    {
        Interlocked.Add(ref count, occurrences);
        Interlocked.Add(ref nanoseconds, duration.Ticks * TimeSpan.NanosecondsPerTick);
    }

    public readonly DurationStatistic Read() => new(Volatile.Read(in count), Volatile.Read(in nanoseconds));
}
