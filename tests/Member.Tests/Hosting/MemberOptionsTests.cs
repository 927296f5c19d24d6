using System.Net;
using Krewe.Abstractions.Errors;
using Krewe.Member.Hosting;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Krewe.Member.Tests.Hosting;

public sealed class MemberOptionsTests
{
    [Fact]
    public void Every_error_is_listed()
    {
        var options = new MemberOptions
        {
            ClusterId = "",
            SiloName = "a\nb",
            AdvertisedAddress = IPAddress.Any,
            SiloPort = 0,
            ClientPort = 70000,
            DatabaseWait = TimeSpan.FromSeconds(-1),
            MaxMessageBytes = 1,
            GrainIdleTime = TimeSpan.Zero,
        };

        var error = Assert.Throws<KreweException>(() => Host.CreateEmptyApplicationBuilder(null).AddKreweMember(options));

        foreach (var name in new[]
        {
            nameof(MemberOptions.Database), nameof(MemberOptions.ClusterId), nameof(MemberOptions.SiloName), nameof(MemberOptions.AdvertisedAddress),
            nameof(MemberOptions.SiloPort), nameof(MemberOptions.ClientPort), nameof(MemberOptions.DatabaseWait), nameof(MemberOptions.MaxMessageBytes),
            nameof(MemberOptions.GrainIdleTime),
        })
        {
            Assert.Contains($"{name} is", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Host=db;Password=secret", "names no Database and no Username")]
    [InlineData("secret", "is not a connection string")]
    [InlineData("Host=db;Database=a;Username=b;Password=secret;Secret=secret", "is not a connection string")]
    [InlineData("Host=db;Database=a;Username=b;Password=secret;Port=secret", "is not a connection string")]
    public void A_wrong_connection_string_is_not_repeated(string text, string expected)
    {
        var error = Assert.Single(new MemberOptions { Database = text }.FindErrors());

        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_password_of_its_own_replaces_that_of_the_connection_string()
    {
        const string text = "Host=a;Database=b;Username=c;Password=d";

        Assert.Equal(text, new MemberOptions { Database = text }.ConnectionString);
        var options = new MemberOptions { Database = text, DatabasePassword = "e;f" };
        Assert.Equal("e;f", new NpgsqlConnectionStringBuilder(options.ConnectionString).Password);
    }

    [Fact]
    public void One_port_cannot_be_used_twice() =>
        Assert.Contains(
            "SiloPort and ClientPort are both 7000",
            Assert.Single(new MemberOptions { Database = "Host=a;Database=b;Username=c", SiloPort = 7000, ClientPort = 7000 }.FindErrors()),
            StringComparison.Ordinal);
}
