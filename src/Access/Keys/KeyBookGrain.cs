using System.Collections.Immutable;
using Krewe.Access.Limits;

namespace Krewe.Access.Keys;

/// <summary>Keeps the keys in the grain storage, as durably as rollouts.</summary>
[GrainType("krewe.key-book")]
internal sealed class KeyBookGrain(
    [PersistentState("keys", KeyBookGrain.Storage)] IPersistentState<KeyBook> stored, TimeProvider time) : Grain, IKeyBookGrain
{
    private const string Storage = "krewe";
    private const int MaxTenants = 10_000;
    private static readonly TimeSpan UsesInterval = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, DateTimeOffset> uses = [];
    private IGrainTimer? timer;

    public Task<KeyBook?> ReadAsync(long knownSequence, ImmutableArray<KeyUse> uses)
    {
        foreach (var use in uses)
        {
            this.uses[use.Id] = use.At;
        }

        if (this.uses.Count > 0)
        {
            timer ??= this.RegisterGrainTimer(StoreUsesAsync, UsesInterval, Timeout.InfiniteTimeSpan);
        }

        return Task.FromResult(stored.State.Sequence == knownSequence ? null : stored.State with { Keys = WithUses() });
    }

    public Task AddAsync(KeyRecord key) => WriteAsync(stored.State.Keys.Add(key));

    public async Task<KeyRecord?> RotateAsync(string id, KeySecret fresh, DateTimeOffset formerUntil)
    {
        if (Find(id) is not { } key)
        {
            return null;
        }

        var rotated = key.Rotate(fresh, formerUntil, time.GetUtcNow());
        await WriteAsync(stored.State.Keys.Replace(key, rotated));
        return rotated;
    }

    public async Task<bool> RevokeAsync(string id)
    {
        if (Find(id) is not { } key)
        {
            return false;
        }

        await WriteAsync(stored.State.Keys.Remove(key));
        return true;
    }

    public async Task<bool> LimitAsync(string tenant, CallLimits? limits)
    {
        var others = stored.State.Tenants.RemoveAll(known => known.Tenant == tenant);
        if (limits is not null && others.Length >= MaxTenants)
        {
            return false;
        }

        await WriteAsync(stored.State with { Tenants = limits is null ? others : others.Add(new TenantLimits(tenant, limits)) });
        return true;
    }

    /// <summary>Once a minute at most: a use is no decision.</summary>
    private async Task StoreUsesAsync(CancellationToken cancellationToken)
    {
        timer?.Dispose();
        timer = null;
        await WriteAsync(WithUses());
        uses.Clear();
    }

    private ImmutableArray<KeyRecord> WithUses() => [.. stored.State.Keys.Select(key =>
        uses.TryGetValue(key.Id, out var at) && !(key.LastUsedAt > at) ? key with { LastUsedAt = at } : key)];

    private KeyRecord? Find(string id) => stored.State.Keys.FirstOrDefault(key => key.Id == id);

    private Task WriteAsync(ImmutableArray<KeyRecord> keys) => WriteAsync(stored.State with { Keys = keys });

    /// <summary>What could not be stored is not in force; what was written elsewhere is read again.</summary>
    private async Task WriteAsync(KeyBook changed)
    {
        var before = stored.State;
        stored.State = changed with { Sequence = before.Sequence + 1 };
        try
        {
            await stored.WriteStateAsync();
        }
        catch
        {
            stored.State = before;
            DeactivateOnIdle();
            throw;
        }
    }
}
