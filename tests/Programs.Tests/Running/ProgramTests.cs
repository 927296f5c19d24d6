using System.Net;
using System.Net.Sockets;
using Krewe.Processes;
using Krewe.TestDatabase;

namespace Krewe.Programs.Tests.Running;

/// <summary>Silo and gateway as people start them, on a real PostgreSQL.</summary>
public sealed class ProgramTests(SharedServer shared) : IDisposable
{
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task A_silo_and_a_gateway_answer_and_stop_in_order()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var silo = StartSilo(database, models.Root, "--http-port", "0", "--silo-name", "first");
        await silo.WaitUntilReadyAsync();
        await using var gateway = ProgramProcess.Start("Gateway", ["--database", database, "--http-port", "0"]);
        await gateway.WaitUntilReadyAsync();
        Assert.Contains(silo.Output, line => line.StartsWith("Silo first ready: 127.0.0.1:", StringComparison.Ordinal));
        await Calls.WaitForReadinessAsync(gateway.Api, "true");
        Assert.Equal(await Calls.InferAsync(gateway.Api), await Calls.InferAsync(silo.Api));
        await Calls.WaitForReadinessAsync(silo.Admin, "true");
        Assert.Equal(HttpStatusCode.OK, (await Calls.GetAsync(silo.Admin, "/dashboard/DashboardCounters")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Calls.GetAsync(silo.Api, "/dashboard/")).Status);
        Assert.Contains("krewe_http_requests_total", (await Calls.GetAsync(silo.Admin, "/metrics")).Text);

        silo.Signal(Posix.Sigterm);
        var (siloCode, _, siloError) = await silo.EndAsync();
        gateway.Signal(Posix.Sigterm);
        var (gatewayCode, _, gatewayError) = await gateway.EndAsync();
        Assert.Equal((0, 0), (siloCode, gatewayCode));
        AssertInOrder(siloError, "Stopping: moving models to other silos", "Drained after", "requests in flight have", "Left the cluster");
        Assert.All([siloError, gatewayError], error =>
        {
            Assert.DoesNotContain("fail: Krewe.", error);
            Assert.DoesNotContain(shared.Server.Password, error);
        });
    }

    [Fact]
    public async Task Operators_give_the_password_from_the_file()
    {
        var file = Path.Combine(models.Root, "password");
        await File.WriteAllTextAsync(file, "of the operators\n", Token);
        await using var silo = StartSilo(await shared.Server.CreateDatabaseAsync(), models.Root, "--admin-password-file", file);
        await silo.WaitUntilReadyAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await Calls.GetAsync(silo.Admin, "/dashboard/")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Calls.GetAsync(silo.Admin, "/dashboard/", "admin:of the operators")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Calls.GetAsync(silo.Admin, "/v2/health/ready")).Status);
    }

    [Fact]
    public async Task Without_its_database_a_silo_is_not_ready_and_answers()
    {
        await using var server = await PostgreSqlServer.CreateAsync();
        await using var silo = StartSilo(server.ConnectionString, models.Root, "--http-port", "0");
        await silo.WaitUntilReadyAsync();
        await Calls.InferAsync(silo.Api);
        await server.StopAsync();
        await Calls.WaitForReadinessAsync(silo.Admin, "the database at");
        await Calls.InferAsync(silo.Api);
        await server.StartAsync();
        await Calls.WaitForReadinessAsync(silo.Admin, "true");
    }

    [Fact]
    public async Task A_second_interrupt_ends_it_at_once()
    {
        await using var silo = StartSilo(await shared.Server.CreateDatabaseAsync(), models.Root, "--http-port", "0");
        await silo.WaitUntilReadyAsync();

        // A call whose body never comes keeps it from stopping by itself; "100 Continue" says that the call is being read.
        using var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, silo.Api.Port, Token);
        await caller.GetStream().WriteAsync(
            "POST /v2/models/linear/infer HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"u8.ToArray(), Token);
        await caller.GetStream().ReadExactlyAsync(new byte[12], Token);
        silo.Signal(Posix.Sigint);
        await Calls.WaitForReadinessAsync(silo.Admin, null);
        silo.Signal(Posix.Sigint);
        Assert.Equal(130, (await silo.EndAsync()).ExitCode);
    }

    [Theory]
    [InlineData("Silo", "--models")]
    [InlineData("Gateway", "--silo-name")]
    public async Task A_wrong_password_ends_it_at_once_with_one_line(string program, string option)
    {
        var database = shared.Server.ConnectionString.Replace(shared.Server.Password, "not-the-password", StringComparison.Ordinal);
        var (exitCode, output, error) = await RunAsync(
            program, "--database", database, "--database-wait", "1h", "--http-port", "0", option, program == "Silo" ? models.Root : "g");
        AssertOneLine(exitCode, error, "refuses role 'krewe': no such role, or the wrong password");
        Assert.DoesNotContain("not-the-password", output + error);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_waited_for_and_told()
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        var (exitCode, _, error) = await RunAsync(
            "Gateway", "--database", $"Host=127.0.0.1;Port={port};Database=d;Username=u", "--database-wait", "2s", "--http-port", "0");
        Assert.Equal(1, exitCode);
        Assert.Contains($"Waiting for the database at 127.0.0.1:{port}", error);
        Assert.Contains($"krewe: the database at 127.0.0.1:{port} cannot be reached", error);
    }

    [Fact]
    public async Task Every_port_in_use_is_named_with_its_option()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exitCode, _, error) = await RunAsync(
            "Gateway", "--database", shared.Server.ConnectionString, "--http-port", "0", "--silo-port", $"{port}", "--bind", "192.0.2.1", "--allow-anonymous");
        AssertOneLine(exitCode, error, $"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another with --silo-port");
        Assert.Contains("192.0.2.1 is not an address of this machine: choose one with --bind", error);
    }

    [Fact]
    public async Task Tables_are_made_once_and_the_second_time_does_no_harm()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        var (exitCode, output, error) = await RunAsync("Silo", "--database", database, "--init-db");
        Assert.Equal((0, "The tables of the cluster exist and are up to date."), (exitCode, output));
        Assert.Contains("from version 0", error);
        Assert.Equal(0, (await RunAsync("Silo", "--database", database, "--init-db")).ExitCode);
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_told_at_once()
    {
        var (exitCode, _, error) = await RunAsync(
            "Silo", "--database", shared.Server.ConnectionString, "--models", models.Root, "--silo-port", "0", "--client-port", "0",
            "--admin-port", "0", "--devices", "tensorrt");
        AssertOneLine(exitCode, error, "--devices names TensorRt, which cannot be used here");
    }

    /// <summary>A silo on free ports.</summary>
    private static ProgramProcess StartSilo(string database, string models, params string[] more) => ProgramProcess.Start(
        "Silo", ["--database", database, "--models", models, "--silo-port", "0", "--client-port", "0", "--admin-port", "0", .. more]);

    private static async Task<ProgramEnd> RunAsync(string program, params string[] arguments)
    {
        await using var running = ProgramProcess.Start(program, arguments);
        return await running.EndAsync();
    }

    private static void AssertOneLine(int exitCode, string error, string expected)
    {
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("krewe: ", line);
        Assert.Contains(expected, line);
    }

    private static void AssertInOrder(string text, params string[] parts)
    {
        var at = 0;
        foreach (var part in parts)
        {
            var found = text.IndexOf(part, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{part}' does not come next in: {text}");
            at = found;
        }
    }
}
