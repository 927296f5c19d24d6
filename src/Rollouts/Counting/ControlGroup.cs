using System.Numerics;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Counting;

/// <summary>
/// Selects a step's control calls and pairs their latencies with the new version's. A rarely called version is slower for that reason
/// alone, and callers may have rhythms: the new version may get the first calls after a pause, when threads sleep, and the serving version
/// all others. So each call of the new version is paired with a call left to the old version that came after an equal pause; without one,
/// nothing is compared. Thread-safe.
/// </summary>
internal sealed class ControlGroup
{
    /// <summary>
    /// The maximum share of control calls, in percent: the new version's process or silo may not have capacity for more.
    /// </summary>
    public const int MaxPercent = 10;

    // Classes of pauses: up to 4, 16, 64 µs and so on; the last one covers everything from 18 minutes.
    private const int Classes = 16;

    // Each holds its request until both versions have answered.
    private const int MaxTwins = 4;

    // Pairs must be made at nearly the same time: unpaired calls are soon dropped.
    private const int MaxWaiting = 16;
    private static readonly TimeSpan BaselineBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenTwins = TimeSpan.FromMilliseconds(500);
    private readonly Lock gate = new();
    private readonly Queue<TimeSpan>[] canaries = [.. Enumerable.Range(0, Classes).Select(static _ => new Queue<TimeSpan>())];
    private readonly int[] wanted = new int[Classes];
    private readonly LatencyCounter control = new();
    private readonly LatencyCounter canary = new();
    private long arrivedAt;
    private long refusedAt;
    private long canaryCalls;
    private long twinnableCalls;
    private long twinnedAt;
    private int twins;
    private long unlike;

    /// <summary>Records a call; returns the class of the pause before it, from 0.</summary>
    public int Arrive(long now, TimeProvider time)
    {
        var before = Interlocked.Exchange(ref arrivedAt, now);
        return ClassOf(before == 0 ? TimeSpan.MaxValue : time.GetElapsedTime(before, now));
    }

    /// <summary>The class of a pause.</summary>
    public static int ClassOf(TimeSpan pause)
    {
        var microseconds = Math.Max(1, pause.Ticks / TimeSpan.TicksPerMicrosecond);
        return Math.Min(BitOperations.Log2((ulong)microseconds) / 2, Classes - 1);
    }

    /// <summary>A call of the new version succeeded; a share by <see cref="MaxPercent"/> of them waits for a pair.</summary>
    public void AddCanary(int pause, TimeSpan took, Share share)
    {
        var each = Math.Max(1, (int)Math.Ceiling(share.Percent / MaxPercent));
        if (Interlocked.Increment(ref canaryCalls) % each != 0)
        {
            return;
        }

        lock (gate)
        {
            var waiting = canaries[pause];
            waiting.Enqueue(took);
            if (waiting.Count > MaxWaiting)
            {
                waiting.Dequeue();
            }
            else
            {
                wanted[pause]++;
            }
        }
    }

    /// <summary>
    /// True if a call left to the old version becomes a control call. <see cref="AddControl"/> or <see cref="GiveUp"/> must follow.
    /// </summary>
    public bool TryBegin(int pause)
    {
        if (Volatile.Read(ref wanted[pause]) == 0)
        {
            return false;
        }

        lock (gate)
        {
            var isWanted = wanted[pause] > 0;
            wanted[pause] -= isWanted ? 1 : 0;
            return isWanted;
        }
    }

    /// <summary>A control call succeeded.</summary>
    public void AddControl(int pause, TimeSpan took, bool isAlike)
    {
        lock (gate)
        {
            canary.Add(canaries[pause].Dequeue());
            control.Add(took);
            unlike += isAlike ? 0 : 1;
        }
    }

    /// <summary>A control call failed: another one takes its place.</summary>
    public void GiveUp(int pause)
    {
        lock (gate)
        {
            wanted[pause]++;
        }
    }

    /// <summary>
    /// True if a call is made on both versions at once: one in ten, and two per second if there are fewer. <see cref="EndTwin"/> must
    /// follow.
    /// </summary>
    public bool TryBeginTwin(long now, TimeProvider time)
    {
        var isTenth = Interlocked.Increment(ref twinnableCalls) % (100 / MaxPercent) == 0;
        if (!isTenth && time.GetElapsedTime(Volatile.Read(ref twinnedAt), now) < BetweenTwins)
        {
            return false;
        }

        Volatile.Write(ref twinnedAt, now);

        var isAdmitted = Interlocked.Increment(ref twins) <= MaxTwins;
        if (!isAdmitted)
        {
            Interlocked.Decrement(ref twins);
        }

        return isAdmitted;
    }

    /// <summary>Both versions have answered; null for a failed call.</summary>
    public void EndTwin(TimeSpan? old, TimeSpan? young)
    {
        Interlocked.Decrement(ref twins);
        if (old is { } before && young is { } after)
        {
            lock (gate)
            {
                control.Add(before);
                canary.Add(after);
            }
        }
    }

    /// <summary>False for a backoff after <see cref="Refused"/>: there is no baseline session.</summary>
    public bool MayHaveBaseline(long now, TimeProvider time) =>
        Volatile.Read(ref refusedAt) is var refused && (refused == 0 || time.GetElapsedTime(refused, now) >= BaselineBackOff);

    /// <summary>A control call was refused.</summary>
    public void Refused(long now) => Volatile.Write(ref refusedAt, now);

    /// <summary>The current counts.</summary>
    public LatencyPairs Read()
    {
        lock (gate)
        {
            return new LatencyPairs(control.Read(), canary.Read(), unlike);
        }
    }
}
