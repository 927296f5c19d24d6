using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Access.Callers;

namespace Krewe.Access.Keys;

/// <summary>
/// The keys that this process accepts: an immutable map by hash, replaced as a whole. A request costs one hash and one look-up.
/// </summary>
internal sealed class KeyRing(TimeProvider time)
{
    /// <summary>The name of who has the key in the file.</summary>
    public const string AdminName = "admin-key-file";

    private volatile FrozenDictionary<KeyHash, RingKey> keys = FrozenDictionary<KeyHash, RingKey>.Empty;
    private KeyBook book = new() { Sequence = -1 };
    private KeyHash? admin;

    /// <summary>The number of changes that led to these keys; -1 before the first reading.</summary>
    public long Sequence => book.Sequence;

    /// <summary>False until the keys have been read once: until then an unknown key may be a good one.</summary>
    public bool IsKnown => book.Sequence >= 0;

    /// <summary>Who has this key; null for nobody. An expired one is found too, and is not valid.</summary>
    public Caller? Find(ReadOnlySpan<char> key)
    {
        if (!KeyHash.TryOf(key, out var hash) || !keys.TryGetValue(hash, out var found))
        {
            return null;
        }

        found.Use(time);
        return found.Caller;
    }

    /// <summary>Puts other keys in force. Callers with a key that is no longer among them are cut off.</summary>
    public void Apply(KeyBook changed)
    {
        book = changed;
        Rebuild();
    }

    /// <summary>Puts the key of the file in force; null for none.</summary>
    public void Apply(KeyHash? file)
    {
        admin = file;
        Rebuild();
    }

    /// <summary>The uses since the last call.</summary>
    public ImmutableArray<KeyUse> TakeUses() =>
        [.. keys.Values.Select(static key => (key.Id, At: key.TakeUse())).Where(static use => use is { Id: not null, At: not null })
            .Select(static use => new KeyUse(use.Id!, use.At!.Value))];

    private void Rebuild()
    {
        var former = keys;
        var next = new Dictionary<KeyHash, RingKey>();
        foreach (var key in book.Keys)
        {
            foreach (var secret in key.Secrets)
            {
                var (hash, until) = (KeyHash.Parse(secret.Hash), Earlier(secret.ValidUntil, key.ExpiresAt));
                next[hash] = former.TryGetValue(hash, out var known) && known.Is(key, until) ? known
                    : new RingKey(key, until, new Caller(key.Name, key.Tenant, key.Role, new ModelPatterns(key.Models), until, time)
                    {
                        KeyId = key.Id,
                    });
            }
        }

        if (admin is { } file)
        {
            next[file] = former.TryGetValue(file, out var known) && known.Id is null ? known
                : new RingKey(null, null, new Caller(AdminName, "", Role.Admin, new ModelPatterns(["*"]), null, time));
        }

        keys = next.ToFrozenDictionary();
        foreach (var (hash, key) in former)
        {
            if (!next.TryGetValue(hash, out var kept) || kept != key)
            {
                key.Caller.Revoke();
            }
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one < other || other is null ? one : other;
}

/// <summary>A secret in force.</summary>
internal sealed class RingKey(KeyRecord? record, DateTimeOffset? until, Caller caller)
{
    private static readonly long Minute = TimeSpan.FromMinutes(1).Ticks;
    private long used;
    private long reported;

    /// <summary>The key's id; null for the key in the file.</summary>
    public string? Id => record?.Id;

    public Caller Caller => caller;

    /// <summary>Whether a record says the same; when it was last used does not count.</summary>
    public bool Is(KeyRecord other, DateTimeOffset? otherUntil) => record is not null && until == otherUntil
        && (record.Tenant, record.Role, record.Id) == (other.Tenant, other.Role, other.Id) && record.Models.SequenceEqual(other.Models);

    /// <summary>Notes a use, to a second: callers of one key share what is written.</summary>
    public void Use(TimeProvider time)
    {
        var now = time.GetUtcNow().UtcTicks;
        if (now - Volatile.Read(ref used) > TimeSpan.TicksPerSecond)
        {
            Volatile.Write(ref used, now);
        }
    }

    /// <summary>The last use, if it is to be reported: once a minute.</summary>
    public DateTimeOffset? TakeUse()
    {
        var at = Volatile.Read(ref used);
        if (at < reported + Minute)
        {
            return null;
        }

        reported = at;
        return new DateTimeOffset(at, TimeSpan.Zero);
    }
}
