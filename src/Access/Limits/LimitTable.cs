using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Krewe.Access.Limits;

/// <summary>The limits that this process applies: immutable maps, replaced as a whole. A request costs two look-ups.</summary>
internal sealed class LimitTable(TimeProvider time)
{
    /// <summary>The most limits that a poll reports. The others keep an equal part.</summary>
    private const int MaxReported = 4096;
    private volatile FrozenDictionary<string, CallLimiter> keys = FrozenDictionary<string, CallLimiter>.Empty;
    private volatile FrozenDictionary<string, CallLimiter> tenants = FrozenDictionary<string, CallLimiter>.Empty;
    private volatile int processes = 1;
    private volatile bool isEmpty = true;

    /// <summary>True if nothing is limited.</summary>
    public bool IsEmpty => isEmpty;

    /// <summary>The number of changes that led to these limits.</summary>
    public long Sequence { get; private set; }

    private IEnumerable<CallLimiter> All => keys.Values.Concat(tenants.Values);

    /// <summary>The limits that a caller's requests count against; null where there is none.</summary>
    public (CallLimiter? Key, CallLimiter? Tenant) Find(string? key, string tenant) =>
        (key is null ? null : keys.GetValueOrDefault(key), tenants.GetValueOrDefault(tenant));

    /// <summary>Puts other limits in force.</summary>
    public void Apply(long sequence, IEnumerable<(string Id, CallLimits Limits)> ofKeys, IEnumerable<TenantLimits> ofTenants)
    {
        keys = Change(keys, ofKeys, "key/", "the key's");
        tenants = Change(tenants, ofTenants.Select(static one => (one.Tenant, one.Limits)), "tenant/", "the tenant's");
        (Sequence, isEmpty) = (sequence, keys.Count + tenants.Count == 0);
    }

    /// <summary>What this process wants of the limits that are in use.</summary>
    public ImmutableArray<(CallLimiter Limiter, LimitDemand Demand)> TakeDemands() =>
        [.. All.Select(static one => (Limiter: one, Demand: one.TakeDemand())).Where(static one => one.Demand is not null)
            .Take(MaxReported).Select(static one => (one.Limiter, one.Demand!))];

    /// <summary>Puts shares in force, one for each demand.</summary>
    public void Apply(ImmutableArray<(CallLimiter Limiter, LimitDemand Demand)> demands, ImmutableArray<LimitShare> shares, int sharers)
    {
        if (sharers != processes)
        {
            Apply(sharers, isLeased: true);
        }

        foreach (var ((limiter, demand), share) in demands.Zip(shares))
        {
            limiter.Apply(demand, share, sharers);
        }
    }

    /// <summary>Goes back to equal parts: the leases have ended.</summary>
    public void Forget() => Apply(processes, isLeased: false);

    private void Apply(int sharers, bool isLeased)
    {
        processes = sharers;
        foreach (var limiter in All)
        {
            limiter.Apply(sharers, isLeased);
        }
    }

    private FrozenDictionary<string, CallLimiter> Change(
        FrozenDictionary<string, CallLimiter> former, IEnumerable<(string Name, CallLimits Limits)> limits, string kind, string whose)
    {
        var next = new Dictionary<string, CallLimiter>();
        foreach (var (name, changed) in limits)
        {
            if (former.TryGetValue(name, out var known))
            {
                known.Change(changed);
            }

            next[name] = known ?? new CallLimiter(kind + name, whose, changed, processes, time);
        }

        return next.ToFrozenDictionary();
    }
}
