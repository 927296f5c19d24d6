using System.Net.Sockets;
using System.Text;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Tests.Limits;

/// <summary>Connections are bounded, in all and by address.</summary>
public sealed class ConnectionLimitTests
{
    private const string Request = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4, 100)]
    [InlineData(100, 4)]
    public async Task A_new_connection_takes_the_place_of_the_one_that_was_silent_for_longest(int most, int byAddress)
    {
        await using var server = await StartAsync(most, byAddress);
        var silent = new List<NetworkStream>();
        for (var i = 0; i < 4; i++)
        {
            silent.Add(await server.ConnectAsync());
        }

        await UntilAsync(server, "krewe_http_connections 4");
        await using (var caller = await server.ConnectAsync())
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(caller));
            await ApiServer.WaitForCloseAsync(silent[0]).WaitAsync(Soon, Token);
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(caller));
        }

        await using (var caller = await server.ConnectAsync())
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(caller));
        }

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(silent[3]));
        silent.ForEach(static connection => connection.Dispose());
        await UntilAsync(server, "krewe_http_connections 0");
        Assert.Contains("krewe_http_connections_refused_total{reason=\"silent\"}", await MetricsAsync(server));
        Assert.Single(server.Log.GetSnapshot(), static record => record.Id.Id == 314 && record.Level == LogLevel.Warning);
    }

    [Theory]
    [InlineData(4, 100)]
    [InlineData(100, 4)]
    public async Task Where_all_have_called_a_new_connection_is_refused_at_once(int most, int byAddress)
    {
        await using var server = await StartAsync(most, byAddress);
        var callers = new List<NetworkStream>();
        for (var i = 0; i < 4; i++)
        {
            callers.Add(await server.ConnectAsync());
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(callers[i]));
        }

        for (var i = 0; i < 50; i++)
        {
            try
            {
                await using var refused = await server.ConnectAsync();
                await ApiServer.WaitForCloseAsync(refused).WaitAsync(Soon, Token);
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                // It was closed before the connect had returned.
            }
        }

        foreach (var caller in callers)
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(caller));
            await caller.DisposeAsync();
        }

        await UntilAsync(server, "krewe_http_connections 0");
        Assert.Contains("krewe_http_connections_refused_total{reason=\"full\"} 50", await MetricsAsync(server));
    }

    [Fact]
    public void Limits_are_positive() => Assert.Equal(
        ["MaxConnections is 0: expected 1 to 2147483647", "MaxConnectionsPerAddress is -1: expected 1 to 2147483647"],
        new ApiLimits { MaxConnections = 0, MaxConnectionsPerAddress = -1 }.Validate());

    private static Task<ApiServer> StartAsync(int most, int byAddress) => ApiServer.StartAsync(new FakeModelHost(), options =>
        (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerAddress) = (most, byAddress));

    private static async Task<string> AskAsync(NetworkStream connection)
    {
        await connection.WriteAsync(Encoding.ASCII.GetBytes(Request), Token);
        var answer = new byte[4096];
        return Encoding.ASCII.GetString(answer, 0, await connection.ReadAsync(answer, Token));
    }

    /// <summary>Waits until the metrics have a line, without a connection of its own.</summary>
    private static async Task UntilAsync(ApiServer server, string line)
    {
        while (!(await MetricsAsync(server)).Contains($"\n{line}\n", StringComparison.Ordinal))
        {
            await Task.Delay(10, Token);
        }
    }

    private static async Task<string> MetricsAsync(ApiServer server)
    {
        using var text = new MemoryStream();
        await server.App.Services.GetRequiredService<PrometheusExporter>().WriteAsync(text, static _ => true, Token);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
