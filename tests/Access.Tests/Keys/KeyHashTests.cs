using Krewe.Access.Callers;
using Krewe.Access.Keys;

namespace Krewe.Access.Tests.Keys;

public sealed class KeyHashTests
{
    [Fact]
    public void A_hash_is_SHA_256_and_survives_being_written()
    {
        Assert.True(KeyHash.TryOf("abc", out var hash));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash.ToString());
        Assert.Equal(hash, KeyHash.Parse(hash.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("schlüssel")]
    public void What_is_no_key_has_no_hash(string text) => Assert.False(KeyHash.TryOf(text, out _));

    [Fact]
    public void A_long_text_has_no_hash()
    {
        Assert.True(KeyHash.TryOf(new string('a', KeyHash.MaxKeyLength), out _));
        Assert.False(KeyHash.TryOf(new string('a', KeyHash.MaxKeyLength + 1), out _));
    }

    [Fact]
    public void Finding_a_caller_allocates_nothing()
    {
        var (ring, secret) = (new KeyRing(TimeProvider.System), NewKey.Secret("abcdefgh"));
        ring.Apply(new KeyBook { Keys = [KeyOf(secret)] });
        Assert.NotNull(ring.Find(secret));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            ring.Find(secret);
            ring.Find("krewe_nobody");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_caller_is_the_same_object_until_its_key_changes_and_is_cut_off_then()
    {
        var (ring, secret) = (new KeyRing(TimeProvider.System), NewKey.Secret("abcdefgh"));
        var key = KeyOf(secret);
        ring.Apply(new KeyBook { Keys = [key] });
        var caller = ring.Find(secret)!;
        ring.Apply(new KeyBook { Sequence = 1, Keys = [key with { LastUsedAt = DateTimeOffset.UnixEpoch }] });
        Assert.Same(caller, ring.Find(secret));
        Assert.True(caller.Sees("m"));
        ring.Apply(new KeyBook { Sequence = 2, Keys = [key with { Models = ["a*"] }] });
        Assert.False(caller.Sees("m"));
        Assert.False(ring.Find(secret)!.Sees("m"));
        ring.Apply(new KeyBook { Sequence = 3 });
        Assert.Null(ring.Find(secret));
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("fraud-*", "fraud-1", true)]
    [InlineData("fraud-*", "fraud", false)]
    [InlineData("fraud-*", "Fraud-1", false)]
    [InlineData("fraud-*", "x-fraud-1", false)]
    [InlineData("a*b*c", "a1b2c", true)]
    [InlineData("a*b*c", "a1b2", false)]
    [InlineData("exact", "exact", true)]
    [InlineData("exact", "exactly", false)]
    public void A_pattern_allows_names(string pattern, string name, bool isAllowed)
    {
        Assert.True(ModelPatterns.IsValid(pattern));
        Assert.Equal(isAllowed, new ModelPatterns([pattern]).Allow(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("**")]
    [InlineData("a?")]
    [InlineData("a/b")]
    [InlineData(".*")]
    [InlineData("a\\*")]
    public void Other_patterns_are_refused(string pattern) => Assert.False(ModelPatterns.IsValid(pattern));

    private static KeyRecord KeyOf(string secret) => new()
    {
        Id = "abcdefgh", Tenant = "t", Role = Role.Caller, Models = ["*"], CreatedBy = "me", CreatedAt = DateTimeOffset.UnixEpoch,
        Secrets = [KeySecret.Of(secret)],
    };
}
