using Krewe.Abstractions.Errors;
using Krewe.Client.Connection;
using Krewe.Client.Hosting;
using Krewe.Client.PostgreSql;
using Krewe.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Client.Tests.Hosting;

public sealed class KreweClientOptionsTests
{
    [Fact]
    public void Every_error_is_named_at_once()
    {
        var error = Assert.Throws<KreweException>(() => new ServiceCollection().AddKreweClient(options =>
        {
            (options.ClusterId, options.SiloRefreshInterval, options.ConnectTimeout) = ("", TimeSpan.Zero, TimeSpan.FromSeconds(-5));
            (options.Calls.MaxAttempts, options.Calls.RetryRatio, options.Calls.MaxMessageBytes) = (0, double.NaN, 0);
        }));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.All(
            ["Silos", "ClusterId", "SiloRefreshInterval", "ConnectTimeout", "MaxAttempts", "RetryRatio", "MaxMessageBytes"],
            name => Assert.Contains(name, error.Message));
    }

    [Fact]
    public void Each_number_has_a_range()
    {
        Assert.Empty(Errors(new string('c', 100), TimeSpan.FromMilliseconds(100), new TimeSpan(1), 1, 0, 0, 1));
        Assert.Empty(Errors("c", TimeSpan.FromHours(1), TimeSpan.MaxValue, 100, 10, int.MaxValue, int.MaxValue));
        Assert.Equal(9, Errors("", TimeSpan.FromMilliseconds(99), TimeSpan.Zero, 0, -0.001, -1, 0).Count);
        Assert.Equal(4, Errors(new string('c', 101), TimeSpan.FromHours(1.001), TimeSpan.MaxValue, 101, 10.001, 0, 1).Count);

        static List<string> Errors(
            string cluster, TimeSpan refresh, TimeSpan timeout, int attempts, double ratio, int reserve, int calls)
        {
            var options = new KreweClientOptions
            {
                Silos = { "db:30000" }, ClusterId = cluster, SiloRefreshInterval = refresh, ConnectTimeout = timeout,
                Calls =
                {
                    MaxAttempts = attempts, RetryRatio = ratio, RetryReserve = reserve, MaxOutstanding = calls,
                    MaxOutstandingPerVersion = calls, MaxInputBytes = calls,
                },
            };
            var errors = options.FindErrors().ToList();
            Assert.All(errors, static error => Assert.Contains("expected", error, StringComparison.Ordinal));
            return errors;
        }
    }

    [Theory]
    [InlineData("Password=secret")]
    [InlineData("Host=db;Password=secret;Nonsense=1")]
    [InlineData("secret")]
    public void A_wrong_connection_string_is_not_repeated(string database)
    {
        var error = Assert.Throws<KreweException>(() => new ServiceCollection().AddKreweClient(options => options.UsePostgreSql(database)));

        Assert.Contains("connection string", error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }

    [Theory]
    [InlineData("silo-1:30000", "silo-1", 30000)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void An_address_is_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(SiloAddresses.TryParse(text, out var silo));
        Assert.Equal((host, port), (silo.Host, silo.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("silo-1")]
    [InlineData("silo-1:0")]
    [InlineData("silo-1:65536")]
    [InlineData(":30000")]
    [InlineData("silo-1:30000/")]
    [InlineData("http://silo-1:30000")]
    [InlineData("user@silo-1:30000")]
    public void What_is_no_address_is_named_with_what_is_right(string text)
    {
        var error = Assert.Throws<KreweException>(() => new ServiceCollection().AddKreweClient(options => options.Silos.Add(text)));

        Assert.Equal($"Silos has '{text}': expected host:port, such as silo-1:30000", error.Message);
    }

    [Fact]
    public void Silos_and_another_way_to_find_them_exclude_each_other()
    {
        var error = Assert.Throws<KreweException>(() => new ServiceCollection().AddKreweClient(options =>
        {
            options.UsePostgreSql("Host=db;Username=krewe");
            options.Silos.Add("silo-1:30000");
        }));

        Assert.Equal("Silos and Lookup are both set: expected one of them", error.Message);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void The_engine_is_quiet_unless_told_otherwise(bool isWanted, bool expected)
    {
        var services = new ServiceCollection().AddLogging(logging =>
        {
            logging.AddProvider(new FakeLoggerProvider());
            logging.SetMinimumLevel(LogLevel.Trace);
            if (isWanted)
            {
                logging.AddFilter("Orleans", LogLevel.Information);
            }
        });
        services.AddKreweClient(static options => options.Silos.Add("silo-1:30000"));
        using var provider = services.BuildServiceProvider();
        var loggers = provider.GetRequiredService<ILoggerFactory>();

        Assert.Equal(expected, loggers.CreateLogger("Orleans.Runtime").IsEnabled(LogLevel.Information));
        Assert.True(loggers.CreateLogger("Orleans.Runtime").IsEnabled(LogLevel.Warning));
        Assert.True(loggers.CreateLogger("Service").IsEnabled(LogLevel.Information));
    }

    [Fact]
    public async Task A_plain_host_can_be_built_and_fails_to_start_in_time_where_the_cluster_is_away()
    {
        var log = new FakeLogCollector();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(new FakeLoggerProvider(log));
        builder.Services.AddKreweClient(options =>
        {
            options.UsePostgreSql("Host=127.0.0.1;Port=1;Username=krewe;Password=secret;Timeout=1");
            options.ConnectTimeout = TimeSpan.FromMilliseconds(200);
        });
        using var host = builder.Build();
        Assert.Equal("iris/3", host.Services.GetRequiredService<KreweClient>().Model("iris", 3).Model.ToString());

        await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());

        Assert.Contains(479, log.Ids);
        Assert.DoesNotContain(log.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }
}
