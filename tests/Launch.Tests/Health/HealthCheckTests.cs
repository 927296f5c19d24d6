using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Launch.Health;
using Krewe.Launch.Start;

namespace Krewe.Launch.Tests.Health;

public sealed class HealthCheckTests : IDisposable
{
    private readonly TcpListener server = new(IPAddress.Loopback, 0);
    private readonly StringWriter error = new();

    public HealthCheckTests() => server.Start();

    public void Dispose()
    {
        server.Dispose();
        error.Dispose();
    }

    [Theory]
    [InlineData("live", "200 OK", ExitCode.Success)]
    [InlineData("ready", "200 OK", ExitCode.Success)]
    [InlineData("ready", "503 Service Unavailable", ExitCode.Failure)]
    public async Task The_exit_code_says_what_the_process_answers(string question, string status, int expected)
    {
        var request = AnswerAsync(status);
        Assert.Equal(expected, await HealthCheck.RunAsync(Endpoint(IPAddress.Any), null, question, error));
        Assert.StartsWith($"GET /v2/health/{question} ", await request, StringComparison.Ordinal);
        Assert.Equal(expected == ExitCode.Success, error.ToString().Length == 0);
    }

    [Fact]
    public async Task Where_nothing_listens_it_fails()
    {
        var endpoint = Endpoint(IPAddress.Loopback);
        server.Stop();
        Assert.Equal(ExitCode.Failure, await HealthCheck.RunAsync(endpoint, null, "live", error));
        Assert.StartsWith("krewe: not live: ", error.ToString(), StringComparison.Ordinal);
    }

    private ListenEndpoint Endpoint(IPAddress address) => new(address, ((IPEndPoint)server.LocalEndpoint).Port, "--http-port", "--bind");

    private async Task<string> AnswerAsync(string status)
    {
        using var connection = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var stream = connection.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        var request = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
        {
        }

        var answer = $"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return request ?? "";
    }
}
