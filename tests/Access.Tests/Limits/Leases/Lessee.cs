using Krewe.Access.Limits;
using Krewe.Access.Limits.Leases;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Access.Tests.Limits.Leases;

/// <summary>A gateway with callers of one tenant, in steps of the clock.</summary>
internal sealed class Lessee(string name, CallLimits limits, FakeTimeProvider time)
{
    private readonly LimitTable table = Table(limits, time);
    private double due;
    private long answeredAt = time.GetTimestamp();

    public CallLimiter Limiter => table.Find(null, "acme").Tenant!;

    /// <summary>Requests per second that are asked.</summary>
    public double Asked { get; set; }

    public bool IsReachable { get; set; } = true;

    public int Admitted { get; private set; }

    /// <summary>Requests of a step, each of which ends at once.</summary>
    public void Ask(TimeSpan step)
    {
        for (due += Asked * step.TotalSeconds; due >= 1; due--)
        {
            if (Limiter.Enter() == LimitOutcome.Admitted)
            {
                Admitted++;
                Limiter.Leave();
            }
        }
    }

    /// <summary>As <see cref="LimitWatch"/> does it; the sum of the shares that were answered.</summary>
    public LimitShare? Poll(ShareBook book)
    {
        var demands = table.TakeDemands();
        if (IsReachable)
        {
            var leases = book.Lease(new LimitPoll(name, table.Sequence, [.. demands.Select(static one => one.Demand)]));
            table.Apply(demands, leases.Shares, leases.Processes);
            answeredAt = time.GetTimestamp();
            return leases.Shares.IsEmpty ? null : leases.Shares[0];
        }

        if (time.GetElapsedTime(answeredAt) >= ShareBook.Lifetime)
        {
            table.Forget();
        }

        return null;
    }

    private static LimitTable Table(CallLimits limits, FakeTimeProvider time)
    {
        var table = new LimitTable(time);
        table.Apply(1, [], [new TenantLimits("acme", limits)]);
        return table;
    }
}
