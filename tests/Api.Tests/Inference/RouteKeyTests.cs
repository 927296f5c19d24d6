using System.Net;
using System.Text;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Rollouts.Routes;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Tests.Inference;

public sealed class RouteKeyTests : IAsyncLifetime
{
    private const string Infer = "/v2/models/m/infer";
    private const string Predict = "/v1/models/m:predict";
    private const string Inputs = """ "inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}] """;
    private static readonly string Longest = new('k', StickyKey.MaxLength);
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("user 7", "user 7")]
    [InlineData(" ", null)]
    [InlineData(null, null)]
    public async Task A_header_gives_it(string? header, string? key)
    {
        await PostAsync(server, Infer, $"{{{Inputs}}}", header);
        Assert.Equal(key, server.Host.LastRequest!.RouteKey);
        await PostAsync(server, Predict, """{"instances":[1]}""", header);
        Assert.Equal(key, server.Host.LastRequest!.RouteKey);
    }

    [Theory]
    [InlineData("\"user 7\"", "user 7")]
    [InlineData("\"\\u00e9\\ud83d\\ude00\"", "é😀")]
    [InlineData("42", "42")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("\"\"", null)]
    [InlineData("null", null)]
    public async Task A_parameter_gives_it(string parameter, string? key)
    {
        await PostAsync(server, Infer, Body(parameter));
        Assert.Equal(key, server.Host.LastRequest!.RouteKey);
    }

    [Fact]
    public async Task The_header_comes_before_the_parameter()
    {
        await PostAsync(server, Infer, Body("\"body\""), "header");
        Assert.Equal("header", server.Host.LastRequest!.RouteKey);
    }

    [Fact]
    public async Task A_raw_request_has_it_too()
    {
        using var request = Message(Infer, "", "raw");
        request.Content = new ByteArrayContent(new byte[4]);
        request.Headers.Add("Inference-Header-Content-Length", "0");
        using var response = await server.Client.SendAsync(request, Token);
        Assert.Equal((HttpStatusCode.OK, "raw"), (response.StatusCode, server.Host.LastRequest!.RouteKey));
    }

    [Fact]
    public async Task Its_header_can_have_another_name()
    {
        await using var other = await StartAsync(options => options.RouteKeyHeader = "X-User");
        await PostAsync(other, Infer, $"{{{Inputs}}}", "a");
        Assert.Null(other.Host.LastRequest!.RouteKey);
        await PostAsync(other, Infer, $"{{{Inputs}}}", "a", "x-user");
        Assert.Equal("a", other.Host.LastRequest!.RouteKey);
    }

    [Theory]
    [InlineData(Infer)]
    [InlineData(Predict)]
    public async Task A_header_has_a_limit(string path)
    {
        var body = $$"""{"instances":[1],{{(path == Infer ? Inputs : "\"x\":1")}}}""";
        await PostAsync(server, path, body, Longest);
        Assert.Equal(Longest, server.Host.LastRequest!.RouteKey);
        using var request = Message(path, body, Longest + "k");
        using var response = await server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("header Krewe-Route-Key is longer than 256 characters, the most that a key may have", await JsonClient.ReadErrorAsync(response));
    }

    [Theory]
    [InlineData("k")]
    [InlineData("é")]
    [InlineData("語")]
    public async Task A_parameter_has_a_limit_in_characters(string letter)
    {
        var longest = string.Concat(Enumerable.Repeat(letter, StickyKey.MaxLength));
        await PostAsync(server, Infer, Body($"\"{longest}\""));
        Assert.Equal(longest, server.Host.LastRequest!.RouteKey);
        Assert.Equal(
            "parameter 'route_key' is longer than 256 characters, the most that a key may have",
            await server.Client.FailAsync(HttpMethod.Post, Infer, 400, Body($"\"{longest}{letter}\"")));
    }

    [Theory]
    [InlineData("1.5", "'1.5'")]
    [InlineData("true", "'true'")]
    [InlineData("{}", "an object")]
    [InlineData("9223372036854775808", "'9223372036854775808'")]
    public async Task A_parameter_of_another_kind_is_refused(string parameter, string got) => Assert.StartsWith(
        $"parameter 'route_key': expected a string or an integer of 64 bits, got {got}",
        await server.Client.FailAsync(HttpMethod.Post, Infer, 400, Body(parameter)));

    [Fact]
    public async Task Two_headers_are_refused() => Assert.Contains(
        "header Krewe-Route-Key appears 2 times: expected one key",
        await server.ExchangeAsync($"POST {Infer} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nKrewe-Route-Key: a\r\nKrewe-Route-Key: b\r\nContent-Length: 2\r\n\r\n{{}}"));

    [Fact]
    public void Where_there_is_none_nothing_is_allocated()
    {
        var (request, options) = (new DefaultHttpContext().Request, new ApiOptions());
        request.Headers.ContentType = "application/json";
        Assert.Null(RouteKey.Read(request, options));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            RouteKey.Read(request, options);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static Task<ApiServer> StartAsync(Action<ApiOptions>? configure = null) =>
        ApiServer.StartAsync(new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1])), configure);

    private static string Body(string parameter) => $$"""{"parameters":{"route_key":{{parameter}}},{{Inputs}}}""";

    private static HttpRequestMessage Message(string path, string body, string? key, string header = "Krewe-Route-Key")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8) };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation(header, key);
        }

        return request;
    }

    private static async Task PostAsync(ApiServer server, string path, string body, string? key = null, string header = "Krewe-Route-Key")
    {
        using var request = Message(path, body, key, header);
        using var response = await server.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
