using System.Numerics;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Counting;

/// <summary>
/// Chooses a step's control calls and pairs their durations with the new version's. A version that is called seldom is slower for that
/// alone, and callers may have a rhythm that meets its turns: then its calls are the first ones after a pause, when threads sleep, and the
/// serving version's are the others. So each of its calls is paired with one that is left to the old version and came after as long a
/// pause. Where there are none such, nothing is compared. Safe from any thread.
/// </summary>
internal sealed class ControlGroup
{
    /// <summary>
    /// The most calls that are control calls, in percent: they go where the new version is, which need not have room for more.
    /// </summary>
    public const int MaxPercent = 10;

    // Pauses up to 4, 16, 64 µs and so on; the last class has everything from 18 minutes.
    private const int Classes = 16;

    // Each holds its request until both versions have answered.
    private const int MaxTwins = 4;

    // Pairs are of calls made at nearly the same time: what is not paired soon is given up.
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

    /// <summary>A call has come; the class of the pause before it, from 0.</summary>
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

    /// <summary>A call of the new version went well; as many as <see cref="MaxPercent"/> allows of them wait for their pair.</summary>
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
    /// Whether a call that is left to the old version is to be a control call. Then <see cref="AddControl"/> or <see cref="GiveUp"/>
    /// follows.
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

    /// <summary>A control call went well.</summary>
    public void AddControl(int pause, TimeSpan took, bool isAlike)
    {
        lock (gate)
        {
            canary.Add(canaries[pause].Dequeue());
            control.Add(took);
            unlike += isAlike ? 0 : 1;
        }
    }

    /// <summary>A control call came to nothing: another one is to take its place.</summary>
    public void GiveUp(int pause)
    {
        lock (gate)
        {
            wanted[pause]++;
        }
    }

    /// <summary>
    /// Whether a call is to be made on both versions at once: one in ten is, and two in a second where there are fewer. Then
    /// <see cref="EndTwin"/> follows.
    /// </summary>
    public bool TryBeginTwin(long now, TimeProvider time)
    {
        var isTurn = Interlocked.Increment(ref twinnableCalls) % (100 / MaxPercent) == 0;
        if (!isTurn && time.GetElapsedTime(Volatile.Read(ref twinnedAt), now) < BetweenTwins)
        {
            return false;
        }

        Volatile.Write(ref twinnedAt, now);

        var isRoom = Interlocked.Increment(ref twins) <= MaxTwins;
        if (!isRoom)
        {
            Interlocked.Decrement(ref twins);
        }

        return isRoom;
    }

    /// <summary>Both versions have answered; null is a call that came to nothing.</summary>
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

    /// <summary>False for a moment after <see cref="Refused"/>: then there is no session beside the new version.</summary>
    public bool MayHaveBaseline(long now, TimeProvider time) =>
        Volatile.Read(ref refusedAt) is var refused && (refused == 0 || time.GetElapsedTime(refused, now) >= BaselineBackOff);

    /// <summary>A control call was refused.</summary>
    public void Refused(long now) => Volatile.Write(ref refusedAt, now);

    /// <summary>What was counted so far.</summary>
    public LatencyPairs Read()
    {
        lock (gate)
        {
            return new LatencyPairs(control.Read(), canary.Read(), unlike);
        }
    }
}
