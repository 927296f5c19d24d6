using System.Collections.Immutable;
using Krewe.Access.Callers;
using Krewe.Access.Limits;

namespace Krewe.Access.Keys;

/// <summary>What is kept of an API key: no secret.</summary>
[GenerateSerializer, Immutable, Alias("krewe.key")]
internal sealed record KeyRecord
{
    /// <summary>The id, by which it is rotated and revoked.</summary>
    [Id(0), JsonPropertyName("id")]
    public required string Id { get; init; }

    /// <summary>Whose key it is.</summary>
    [Id(1), JsonPropertyName("tenant")]
    public required string Tenant { get; init; }

    [Id(2), JsonPropertyName("role")]
    public required Role Role { get; init; }

    /// <summary>Patterns of the names of models that it knows of.</summary>
    [Id(3), JsonPropertyName("models")]
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>The proven name of who made it.</summary>
    [Id(4), JsonPropertyName("created_by")]
    public required string CreatedBy { get; init; }

    [Id(5), JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it expires; null for never.</summary>
    [Id(6), JsonPropertyName("expires_at")]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was last used, to about a minute; null for never.</summary>
    [Id(7), JsonPropertyName("last_used_at")]
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The newest last; more than one for a while after a rotation.</summary>
    [Id(8), JsonPropertyName("secrets")]
    public required ImmutableArray<KeySecret> Secrets { get; init; }

    /// <summary>How many requests it may make; null for any number.</summary>
    [Id(9), JsonPropertyName("limits")]
    public CallLimits? Limits { get; init; }

    /// <summary>The name that histories show.</summary>
    [JsonIgnore]
    public string Name => $"{Tenant}/{Id}";

    /// <summary>The key with a new secret; the ones before are valid until a time, at most.</summary>
    public KeyRecord Rotate(KeySecret fresh, DateTimeOffset formerUntil, DateTimeOffset now) => this with
    {
        Secrets = [.. Secrets.Where(secret => !(secret.ValidUntil <= now))
            .Select(secret => secret.ValidUntil < formerUntil ? secret : secret with { ValidUntil = formerUntil }), fresh],
    };
}

/// <summary>A secret of a key.</summary>
/// <param name="Hash">Its <see cref="KeyHash"/> in hexadecimal.</param>
/// <param name="Prefix">The beginning, to recognise it.</param>
/// <param name="ValidUntil">When it ends after a rotation; null for the key's own end.</param>
[GenerateSerializer, Immutable, Alias("krewe.key-secret")]
internal sealed record KeySecret(
    [property: Id(0), JsonPropertyName("hash")] string Hash, [property: Id(1), JsonPropertyName("prefix")] string Prefix,
    [property: Id(2), JsonPropertyName("valid_until")] DateTimeOffset? ValidUntil = null)
{
    public static KeySecret Of(string secret) => KeyHash.TryOf(secret, out var hash)
        ? new KeySecret(hash.ToString(), NewKey.PrefixOf(secret))
        : throw new ArgumentException("no key", nameof(secret));
}

/// <summary>All keys and the limits of tenants, and the number of changes that led to them.</summary>
[GenerateSerializer, Immutable, Alias("krewe.key-book")]
internal sealed record KeyBook
{
    [Id(0), JsonPropertyName("sequence")]
    public long Sequence { get; init; }

    [Id(1), JsonPropertyName("keys")]
    public ImmutableArray<KeyRecord> Keys { get; init; } = [];

    /// <summary>The tenants with limits.</summary>
    [Id(2), JsonPropertyName("tenants")]
    public ImmutableArray<TenantLimits> Tenants { get; init; } = [];
}

/// <summary>The last use of a key.</summary>
[GenerateSerializer, Immutable, Alias("krewe.key-use")]
internal readonly record struct KeyUse([property: Id(0)] string Id, [property: Id(1)] DateTimeOffset At);
