using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Access.Limits;

/// <summary>
/// The limits of one key or tenant in this process: a token bucket and a count of requests under way, over the share that is leased.
/// Without a lease the share is that of equal parts. The framework's limiters do not fit: their rate cannot change.
/// </summary>
internal sealed class CallLimiter
{
    private static readonly double TicksPerSecond = TimeSpan.TicksPerSecond;
    private readonly Lock gate = new();
    private readonly string subject;
    private readonly string whose;
    private readonly TimeProvider time;
    private CallLimits limits;
    private LimitShare? share;
    private int processes;
    private double tokens;
    private long filledAt;
    private int inUse;
    private int mostInUse;
    private int asked;
    private long takenAt;
    private bool isActive;

    /// <summary>Creates a limiter with a full burst.</summary>
    /// <param name="subject">The name by which processes share the limit.</param>
    /// <param name="whose">Whose limit it is, in errors.</param>
    /// <param name="limits">The limits of all processes together.</param>
    /// <param name="processes">How many processes share them.</param>
    /// <param name="time">The clock of rates.</param>
    public CallLimiter(string subject, string whose, CallLimits limits, int processes, TimeProvider time)
    {
        (this.subject, this.whose, this.limits, this.processes, this.time) = (subject, whose, limits, processes, time);
        (tokens, filledAt, takenAt) = (Capacity, time.GetTimestamp(), time.GetTimestamp());
        Describe();
    }

    /// <summary>True if requests per time are limited.</summary>
    public bool HasRate => limits.Rate is not null;

    /// <summary>The rate's count, as a header shows it.</summary>
    public string Limit { get; private set; } = "";

    /// <summary>The answers to refused requests, as JSON and as text.</summary>
    public (byte[] Json, string Text) RateReached { get; private set; }

    /// <summary>As <see cref="RateReached"/>, for requests under way.</summary>
    public (byte[] Json, string Text) ParallelReached { get; private set; }

    private double Rate => share?.Rate ?? (limits.PerSecond / processes);

    private double Capacity => Math.Max(1, (double)limits.Capacity / processes);

    private int Slots => share?.Slots ?? Math.Max(1, limits.Parallel.GetValueOrDefault() / processes);

    /// <summary>Admits a request until <see cref="Leave"/>, or says which limit it is over.</summary>
    public LimitOutcome Enter()
    {
        lock (gate)
        {
            isActive = true;
            mostInUse = Math.Max(mostInUse, inUse + 1);
            if (limits.Parallel is not null && inUse >= Slots)
            {
                mostInUse = Math.Min(mostInUse + 1, limits.Parallel.Value);
                return LimitOutcome.TooManyUnderWay;
            }

            if (limits.Rate is not null)
            {
                asked++;
                Fill();
                if (tokens < 1)
                {
                    return LimitOutcome.TooFast;
                }

                tokens--;
            }

            inUse++;
            return LimitOutcome.Admitted;
        }
    }

    /// <summary>Ends an admitted request.</summary>
    public void Leave()
    {
        lock (gate)
        {
            inUse--;
        }
    }

    /// <summary>Ends an admitted request that another limit refuses: it does not count.</summary>
    public void Undo()
    {
        lock (gate)
        {
            inUse--;
            tokens = Math.Min(Capacity, tokens + 1);
        }
    }

    /// <summary>Requests that would be admitted at once, and the seconds until the burst is whole again, or the next is admitted.</summary>
    public (int Remaining, double Reset, double Next) Read()
    {
        lock (gate)
        {
            Fill();
            var rate = Rate > 0 ? Rate : limits.PerSecond / processes;
            return ((int)tokens, (Capacity - tokens) / rate, Math.Max(0, 1 - tokens) / rate);
        }
    }

    /// <summary>Puts other limits in force; what is under way goes on.</summary>
    public void Change(CallLimits changed)
    {
        lock (gate)
        {
            if (changed != limits)
            {
                Fill();
                (limits, share, isActive) = (changed, null, true);
                tokens = Math.Min(tokens, Capacity);
                Describe();
            }
        }
    }

    /// <summary>What this process wants, since the last call; null if nothing is asked and nothing held.</summary>
    public LimitDemand? TakeDemand()
    {
        lock (gate)
        {
            if (!isActive)
            {
                return null;
            }

            Fill();
            var now = time.GetTimestamp();
            var seconds = Math.Max(time.GetElapsedTime(takenAt, now).TotalSeconds, 1e-3);
            var (missing, isIdle) = (Capacity - tokens, asked == 0 && inUse == 0 && mostInUse == 0);
            var demand = new LimitDemand(
                subject, new LimitShare(limits.PerSecond, limits.Parallel ?? 0), (asked / seconds) + missing, mostInUse, inUse, share,
                isIdle && missing <= 0);
            (takenAt, asked, mostInUse) = (now, 0, inUse);
            return demand;
        }
    }

    /// <summary>Puts a share in force, the answer to a demand.</summary>
    public void Apply(LimitDemand demand, LimitShare leased, int sharers)
    {
        lock (gate)
        {
            if (demand.Whole == new LimitShare(limits.PerSecond, limits.Parallel ?? 0))
            {
                Share(demand.IsLast ? null : leased, sharers);
                isActive = !demand.IsLast || asked > 0 || inUse > 0 || mostInUse > 0;
            }
        }
    }

    /// <summary>Goes back to equal parts: the lease has ended, or their number has changed.</summary>
    public void Apply(int sharers, bool isLeased)
    {
        lock (gate)
        {
            Share(isLeased ? share : null, sharers);
        }
    }

    private void Share(LimitShare? now, int sharers)
    {
        Fill();
        (share, processes) = (now, sharers);
        tokens = Math.Min(tokens, Capacity);
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        tokens = Math.Min(Capacity, tokens + (time.GetElapsedTime(filledAt, now).Ticks / TicksPerSecond * Rate));
        filledAt = now;
    }

    private void Describe()
    {
        Limit = limits.Rate?.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
        RateReached = TextOf($"{whose} rate of {limits.Rate} is reached: try again later, or send fewer requests");
        ParallelReached = TextOf($"{whose} limit of {limits.Parallel} parallel requests is reached: wait for answers before sending more");
    }

    private static (byte[] Json, string Text) TextOf(string text) =>
        (JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["error"] = text }), text);
}

/// <summary>Whether a request is admitted.</summary>
internal enum LimitOutcome
{
    /// <summary>It is.</summary>
    Admitted,

    /// <summary>The rate is reached.</summary>
    TooFast,

    /// <summary>As many requests as may be are under way.</summary>
    TooManyUnderWay,
}
