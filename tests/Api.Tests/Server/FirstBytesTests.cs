using System.Net;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Server;

public sealed class FirstBytesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_of_http_are_spoken_on_one_port(string version)
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Version.Parse(version), response.Version);
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_understood()
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost());
        await using var connection = await server.ConnectAsync();
        foreach (var letter in "PUT /v2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray())
        {
            await connection.WriteAsync(new[] { letter }, Token);
        }

        using var reader = new StreamReader(connection);
        Assert.StartsWith("HTTP/1.1 405 ", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task A_connection_that_says_nothing_does_not_delay_the_stop()
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost(), options => options.ShutdownTimeout = TimeSpan.FromMinutes(2));
        await using var silent = await server.ConnectAsync();
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), Token);
        await ApiServer.WaitForCloseAsync(silent);
    }
}
