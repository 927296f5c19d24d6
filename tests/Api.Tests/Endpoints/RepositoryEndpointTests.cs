using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Endpoints;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Endpoints;

public sealed class RepositoryEndpointTests : IAsyncLifetime
{
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("{}")]
    [InlineData("""{"ready":false}""")]
    [InlineData("""{"ready":null,"other":1}""")]
    public async Task The_index_has_a_row_for_each_version(string body)
    {
        SetStatuses();
        Assert.Equal(
            """[{"name":"m","version":"1","state":"READY","reason":""},{"name":"m","version":"2","state":"UNAVAILABLE","reason":"no \"ONNX\" file"},{"name":"none","version":"","state":"UNAVAILABLE","reason":"no version"}]""",
            (await server.Client.PostJsonAsync("/v2/repository/index", body)).GetRawText());
    }

    [Theory]
    [InlineData("GET", "/v2/models")]
    [InlineData("POST", "/v2/repository/index")]
    public async Task Lists_are_paged_by_model(string method, string path)
    {
        string[] names = [.. Enumerable.Range(0, 25).Select(static number => $"m{number:00}")];
        host.Statuses =
        [
            .. names.SelectMany(static name => new[] { 1, 2 }, static (name, version) =>
                new ModelVersionStatus(ModelName.Parse(name), new ModelVersion(version), VersionState.Ready, "")),
        ];
        var found = new List<string>();
        var pages = 0;
        for (var next = path + "?limit=10"; next is not null; pages++)
        {
            var (page, link) = await ReadAsync(method, next);
            Assert.InRange(page.Distinct().Count(), 1, 10);
            found.AddRange(page);
            next = link;
        }

        Assert.Equal(3, pages);
        Assert.Equal(names, found.Distinct());
        Assert.Equal(path.EndsWith("index", StringComparison.Ordinal) ? 50 : 25, found.Count);
    }

    [Fact]
    public async Task A_list_without_a_limit_is_a_page_too_and_says_so()
    {
        host.Statuses =
        [
            .. Enumerable.Range(0, ListPage.MaxModels + 1).Select(static number =>
                new ModelVersionStatus(ModelName.Parse($"m{number:000000}"), new ModelVersion(1), VersionState.Ready, "")),
        ];
        var (page, next) = await ReadAsync("GET", "/v2/models");

        Assert.Equal((ListPage.MaxModels, "/v2/models?limit=10000&after=m009999"), (page.Count, next));
        var (last, end) = await ReadAsync("GET", next!);
        Assert.Equal("m010000", Assert.Single(last));
        Assert.Null(end);
    }

    [Theory]
    [InlineData("limit=0", "query parameter 'limit' is '0': expected the number of models of a page, 1 to 10000")]
    [InlineData("limit=10001", "'10001'")]
    [InlineData("limit=x", "'x'")]
    [InlineData("after=a/b", "query parameter 'after' is 'a/b': expected a model's name, the last of the page before")]
    public async Task A_page_that_is_none_is_refused(string query, string expected)
    {
        using var response = await server.Client.GetAsync($"/v2/models?{query}", Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token));
    }

    private async Task<(List<string> Names, string? Next)> ReadAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await server.Client.SendAsync(request, Token);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        List<string> names = json.RootElement.ValueKind == JsonValueKind.Array
            ? [.. json.RootElement.EnumerateArray().Select(static row => row.GetProperty("name").GetString()!)]
            : [.. json.RootElement.GetProperty("models").EnumerateArray().Select(static name => name.GetString()!)];
        var link = response.Headers.TryGetValues("Link", out var links) ? links.Single() : null;
        Assert.EndsWith(link is null ? "" : ">; rel=\"next\"", link ?? "", StringComparison.Ordinal);
        return (names, link?[1..link.IndexOf('>', StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task The_index_can_be_of_what_is_ready()
    {
        SetStatuses();
        Assert.Equal(
            """[{"name":"m","version":"1","state":"READY","reason":""}]""",
            (await server.Client.PostJsonAsync("/v2/repository/index", """{"ready":true}""")).GetRawText());
    }

    [Theory]
    [InlineData("/v2/repository/index", """{"ready":1}""", "'ready' is a number: expected true or false")]
    [InlineData("/v2/repository/index", "[]", "the body is an array: expected an object such as {\"ready\": true}, or an empty body")]
    [InlineData("/v2/repository/index", "{\n \"ready\":tru}", "the body is not JSON at line 2, byte 13: expected an object or an empty body")]
    [InlineData("/v2/repository/models/m/load", """{"parameters":[]}""", "'parameters' is an array: expected an object")]
    [InlineData("/v2/repository/models/m/load", """{"parameters":{"config":"{}"}}""", "load parameter 'config' is not supported: settings and files come from the repository")]
    [InlineData("/v2/repository/models/m/unload", """{"parameters":{"unload_dependents":1}}""", "unload parameter 'unload_dependents' is a number: expected true or false")]
    [InlineData("/v2/repository/models/m/unload", """{"parameters":{"now":true}}""", "unload parameter 'now' is not supported: expected 'unload_dependents' or none")]
    public async Task An_invalid_body_gets_an_error_with_the_reason(string path, string body, string error)
    {
        Assert.Equal(error, await server.Client.FailAsync(HttpMethod.Post, path, 400, body));
        Assert.Empty(host.Operations);
    }

    [Fact]
    public async Task A_body_has_a_limit() => Assert.Contains(
        "64 KiB", await server.Client.FailAsync(HttpMethod.Post, "/v2/repository/index", 413, new string(' ', ControlBody.MaxBytes + 1)));

    [Theory]
    [InlineData("/v2/repository/models/m/load", "", "load m")]
    [InlineData("/v2/repository/models/m/load", """{"parameters":{}}""", "load m")]
    [InlineData("/v2/repository/models/m/versions/1/load", "{}", "load m/1")]
    [InlineData("/v2/repository/models/m/unload", "", "unload m")]
    [InlineData("/v2/repository/models/m/unload", """{"parameters":{"unload_dependents":true}}""", "unload m")]
    [InlineData("/v2/repository/models/m/versions/1/unload", "", "unload m/1")]
    public async Task Loads_and_unloads_reach_the_host(string path, string body, string operation)
    {
        using var response = await server.Client.PostAsync(path, new StringContent(body), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal([operation], host.Operations);
    }

    [Fact]
    public async Task A_load_that_fails_says_why()
    {
        host.OperationFailure = KreweException.Unavailable("model 'm/1' cannot be loaded: no ONNX file");
        Assert.Equal("model 'm/1' cannot be loaded: no ONNX file", await server.Client.FailAsync(HttpMethod.Post, "/v2/repository/models/m/load", 503));
        Assert.Equal("Request for unknown model: 'nope' is not found", await server.Client.FailAsync(HttpMethod.Post, "/v2/repository/models/nope/load", 404));
    }

    [Fact]
    public async Task A_compressed_body_is_read()
    {
        SetStatuses();
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("""{"ready":true}"""), Token);
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await server.Client.PostAsync("/v2/repository/index", content, Token);
        Assert.DoesNotContain("UNAVAILABLE", await response.Content.ReadAsStringAsync(Token));
    }

    private void SetStatuses() => host.Statuses =
    [
        new(ModelName.Parse("m"), new ModelVersion(1), VersionState.Ready, ""),
        new(ModelName.Parse("m"), new ModelVersion(2), VersionState.Failed, "no \"ONNX\" file"),
        new(ModelName.Parse("none"), null, VersionState.Failed, "no version"),
    ];
}
