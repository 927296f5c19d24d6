using System.Text.Json;
using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Krewe.Access.Limits;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Krewe.Access.Tests.Keys;

/// <summary>Keys that were stored must be read for ever, in a database's bytes and in a file's JSON. Members may be added, none changed.</summary>
public sealed class KeptKeysTests
{
    private const string Bytes =
        "3001153f200f1d6b726577652e6b65792d626f6f6be8000d2120000321e840116162636465666768410961636d6509030921200005410f6672617564"
        + "2d2a400b636875726ee0e0410f6f70732f6f6e6521808000b796ab49de08810000000000000000e0218000450f6ad962de08810000000000000000e0"
        + "c1012120000521e840056161411d6b726577655f616263646566676821800080cb095b4ade08810000000000000000e0e020e840056262c139c101e0"
        + "e0e021e820e800c21201f1e001510111e0e0e0e02120000321e8c01121e820e80022030105e0c101c101e0e0e0e0e0";

    private const string BeforeLimits =
        "3001153f200f1d6b726577652e6b65792d626f6f6be8000d2120000321e840116162636465666768410961636d6509030921200005410f6672617564"
        + "2d2a400b636875726ee0e0410f6f70732f6f6e6521808000b796ab49de08810000000000000000e0218000450f6ad962de08810000000000000000e0"
        + "c1012120000521e840056161411d6b726577655f616263646566676821800080cb095b4ade08810000000000000000e0e020e840056262c139c101e0"
        + "e0e0e0e0e0e0";

    private const string Json = """
        {"sequence":3,"keys":[{"id":"abcdefgh","tenant":"acme","role":2,"models":["fraud-*","churn"],"created_by":"ops/one","created_at":"2026-01-02T03:04:05+00:00","expires_at":"2026-02-03T04:05:06+00:00","last_used_at":null,"secrets":[{"hash":"aa","prefix":"krewe_abcdefgh","valid_until":"2026-01-03T00:00:00+00:00"},{"hash":"bb","prefix":"krewe_abcdefgh","valid_until":null}],"limits":{"rate":{"count":600,"seconds":60},"burst":20,"parallel":4}}],"tenants":[{"tenant":"acme","limits":{"rate":{"count":100,"seconds":1},"burst":null,"parallel":null}}]}
        """;

    private const string JsonBeforeLimits = """
        {"sequence":3,"keys":[{"id":"abcdefgh","tenant":"acme","role":2,"models":["fraud-*","churn"],"created_by":"ops/one","created_at":"2026-01-02T03:04:05+00:00","expires_at":"2026-02-03T04:05:06+00:00","last_used_at":null,"secrets":[{"hash":"aa","prefix":"krewe_abcdefgh","valid_until":"2026-01-03T00:00:00+00:00"},{"hash":"bb","prefix":"krewe_abcdefgh","valid_until":null}]}]}
        """;

    private static readonly Serializer Serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private static readonly KeyBook Book = new()
    {
        Sequence = 3,
        Keys =
        [
            new KeyRecord
            {
                Id = "abcdefgh", Tenant = "acme", Role = Role.Operator, Models = ["fraud-*", "churn"], CreatedBy = "ops/one",
                Limits = new CallLimits { Rate = new CallRate(600, 60), Burst = 20, Parallel = 4 },
                CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), ExpiresAt = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero),
                Secrets = [new KeySecret("aa", "krewe_abcdefgh", new DateTimeOffset(2026, 1, 3, 0, 0, 0, TimeSpan.Zero)), new KeySecret("bb", "krewe_abcdefgh")],
            },
        ],
        Tenants = [new TenantLimits("acme", new CallLimits { Rate = new CallRate(100, 1) })],
    };

    [Fact]
    public void Bytes_are_what_they_were() => Assert.Equal(Bytes, Convert.ToHexStringLower(Serializer.SerializeToArray<object>(Book)));

    [Fact]
    public void Bytes_from_before_there_were_limits_are_read() => CheckIsBook(
        Assert.IsType<KeyBook>(Serializer.Deserialize<object>(Convert.FromHexString(BeforeLimits))), hasLimits: false);

    [Fact]
    public void Json_from_before_there_were_limits_is_read() =>
        CheckIsBook(JsonSerializer.Deserialize<KeyBook>(JsonBeforeLimits)!, hasLimits: false);

    [Fact]
    public void Kept_bytes_are_read() => CheckIsBook(Assert.IsType<KeyBook>(Serializer.Deserialize<object>(Convert.FromHexString(Bytes))));

    [Fact]
    public void Json_is_what_it_was() => Assert.Equal(Json.Trim(), JsonSerializer.Serialize(Book).Replace("\\u002B", "+", StringComparison.Ordinal));

    [Fact]
    public void Kept_json_is_read() => CheckIsBook(JsonSerializer.Deserialize<KeyBook>(Json)!);

    private static void CheckIsBook(KeyBook read, bool hasLimits = true)
    {
        Assert.Equal(Book.Sequence, read.Sequence);
        Assert.Equal(hasLimits ? Book.Tenants : [], read.Tenants);
        var (key, expected) = (Assert.Single(read.Keys), hasLimits ? Book.Keys[0] : Book.Keys[0] with { Limits = null });
        Assert.Equal(expected.Models, key.Models);
        Assert.Equal(expected.Secrets, key.Secrets);
        Assert.Equal(expected with { Models = key.Models, Secrets = key.Secrets }, key);
    }
}
