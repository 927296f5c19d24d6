using System.Text.Json;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Server;

/// <summary>What Kestrel refuses before our code sees it.</summary>
public sealed class RejectedRequestsTests : IAsyncLifetime
{
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost());

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET /v2 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /v2/models/a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /v2 HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n", 400)]
    [InlineData("GET /v2 HTTP/9.9\r\nHost: x\r\n\r\n", 400)]
    [InlineData("POST /v2/repository/index HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400)]
    [InlineData("POST /v2/repository/index HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    public async Task A_broken_request_is_answered_with_a_json_error(string request, int status) =>
        AssertError(await server.ExchangeAsync(request), status);

    [Fact]
    public async Task A_long_request_line_is_answered_with_a_json_error() =>
        AssertError(await server.ExchangeAsync($"GET /{new string('a', 60_000)} HTTP/1.1\r\nHost: x\r\n\r\n"), 414);

    [Fact]
    public async Task Long_headers_are_answered_with_a_json_error() =>
        AssertError(await server.ExchangeAsync($"GET /v2 HTTP/1.1\r\nHost: x\r\nX: {new string('a', 40_000)}\r\n\r\n"), 431);

    [Fact]
    public async Task A_name_of_ten_kilobytes_gets_an_error_that_says_what_a_name_is()
    {
        var text = await server.Client.FailAsync(HttpMethod.Get, "/v2/models/" + new string('a', 10_000), 400);
        Assert.Contains("is not a model name: expected 1 to 128", text);
        Assert.True(text.Length < 200);
    }

    private static void AssertError(string answer, int status)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        var parts = answer.Split("\r\n\r\n");
        Assert.Equal(2, parts.Length);
        Assert.Contains("Content-Type: application/json\r\n", parts[0]);
        Assert.Contains($"Content-Length: {parts[1].Length}\r\n", parts[0]);
        using var body = JsonDocument.Parse(parts[1]);
        Assert.NotEmpty(body.RootElement.GetProperty("error").GetString()!);
    }
}
