using System.Net;
using System.Net.Sockets;
using Krewe.OneProcess.Tests.Start;
using Krewe.Processes;
using Microsoft.Extensions.Hosting;

namespace Krewe.OneProcess.Tests.Listening;

/// <summary>What the program listens on, and who gets in there.</summary>
public sealed class PortTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task It_listens_where_it_says_on_loopback_and_nowhere_else()
    {
        await using var program = await StartAsync();
        var lines = (await ProgramProcess.RunAsync("ss", "-lntupH")).Output.Split('\n').Where(line => line.Contains($"pid={program.Id},", StringComparison.Ordinal));

        Assert.Equal(
            new[] { program.Api.Authority, program.Admin.Authority, EngineOf(program).ToString() }.Order(),
            lines.Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4]).Order());
    }

    [Fact]
    public async Task Whoever_connects_at_the_engines_port_is_sent_away()
    {
        await using var program = await StartAsync();
        using var stranger = new TcpClient();
        await stranger.ConnectAsync(EngineOf(program), Token);

        var read = await ReadAsync(stranger).WaitAsync(Timeout, Token);

        Assert.Equal(0, read);
    }

    [Fact]
    public async Task A_second_silo_does_not_join()
    {
        await using var program = await StartAsync();
        using var host = Build(builder => builder.UseOrleans(silo =>
            silo.UseLocalhostClustering(Ports.Reserve(), gatewayPort: 0, primarySiloEndpoint: EngineOf(program))));
        using var timeout = new CancellationTokenSource(Timeout);

        await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(timeout.Token));

        await AssertServesAsync(program);
    }

    [Fact]
    public async Task A_client_of_the_engine_gets_nowhere()
    {
        await using var program = await StartAsync();
        using var host = Build(builder => builder.UseOrleansClient(client => client.UseStaticClustering(EngineOf(program))));
        using var timeout = new CancellationTokenSource(Timeout);

        await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(timeout.Token));

        await AssertServesAsync(program);
    }

    private static IPEndPoint EngineOf(ProgramProcess program) => IPEndPoint.Parse(
        program.Output.Single(static line => line.Contains("closed to others: ", StringComparison.Ordinal)).Split(": ")[1]);

    private static IHost Build(Action<HostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        configure(builder);
        return builder.Build();
    }

    private static async Task AssertServesAsync(ProgramProcess program)
    {
        using var client = new HttpClient { BaseAddress = program.Api };
        Assert.Equal("""{"ready":true}""", await client.GetStringAsync("/v2/health/ready", Token));
        var cluster = await client.GetStringAsync("/v2/cluster", Token);
        Assert.Equal(1, cluster.Split("\"name\":\"krewe\"").Length - 1);
        program.Signal(Posix.Sigterm);
        Assert.Equal(0, (await program.EndAsync()).ExitCode);
    }

    /// <summary>How many bytes come before the end; a reset is an end too.</summary>
    private static async Task<int> ReadAsync(TcpClient stranger)
    {
        try
        {
            return await stranger.GetStream().ReadAsync(new byte[1], Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private Task<ProgramProcess> StartAsync() => KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
}
