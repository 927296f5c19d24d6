using System.Collections.Immutable;
using Krewe.Access.Limits;
using Orleans.Concurrency;

namespace Krewe.Access.Keys;

/// <summary>The API keys of a cluster and the limits of tenants: one grain. A change is stored before it is acknowledged.</summary>
[Alias("krewe.key-book-grain")]
internal interface IKeyBookGrain : IGrainWithStringKey
{
    /// <summary>The only key of this grain.</summary>
    const string Key = "cluster";

    /// <summary>The keys; null if the reader has them. Uses are stored within a minute.</summary>
    [AlwaysInterleave, Alias("read")]
    Task<KeyBook?> ReadAsync(long knownSequence, ImmutableArray<KeyUse> uses);

    [Alias("add")]
    Task AddAsync(KeyRecord key);

    /// <summary>Gives a key another secret; null if there is no such key.</summary>
    [Alias("rotate")]
    Task<KeyRecord?> RotateAsync(string id, KeySecret fresh, DateTimeOffset formerUntil);

    /// <summary>Removes a key; false if there is no such key.</summary>
    [Alias("revoke")]
    Task<bool> RevokeAsync(string id);

    /// <summary>Sets the limits of a tenant; null for none. False if there are limits of too many others.</summary>
    [Alias("limit")]
    Task<bool> LimitAsync(string tenant, CallLimits? limits);
}
