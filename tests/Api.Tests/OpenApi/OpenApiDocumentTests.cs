using System.Text.Json;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Tests.OpenApi;

public sealed class OpenApiDocumentTests : IAsyncLifetime
{
    /// <summary>What another library maps, whose tests compare it.</summary>
    private const string Access = "Access";

    private ApiServer server = null!;
    private JsonElement document;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await ApiServer.StartAsync(new FakeModelHost());
        document = await server.Client.GetJsonAsync("/openapi.json");
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_document_and_the_routes_agree(bool isCluster)
    {
        await using var other = await ApiServer.StartAsync(new FakeModelHost(), cluster: isCluster ? new FakeClusterControl() : null);
        var mapped = other.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>()
            .Where(static endpoint => !endpoint.DisplayName!.StartsWith("gRPC - ", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Where(method => method != "HEAD")
                .Select(method => $"{method} {endpoint.RoutePattern.RawText!.Replace("{**", "{", StringComparison.Ordinal)}"));
        Assert.Equal(mapped.Order(), Operations()
            .Where(static operation => operation.Operation.GetProperty("tags")[0].GetString() != Access).Select(operation => operation.Name).Order());
    }

    [Fact]
    public void Every_parameter_of_a_path_is_described()
    {
        foreach (var (name, operation) in Operations())
        {
            var inPath = name.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)]);
            var described = operation.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Select(Resolve).Where(p => p.GetProperty("in").GetString() == "path").Select(p => p.GetProperty("name").GetString()!)
                : [];
            Assert.Equal(inPath, described);
        }
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own_a_summary_and_answers()
    {
        var operations = Operations().Select(operation => operation.Operation).ToList();
        Assert.Equal(operations.Count, operations.Select(operation => operation.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.All(operation.GetProperty("responses").EnumerateObject(), answer => Assert.NotEmpty(Resolve(answer.Value).GetProperty("description").GetString()!));
        });
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_everything_is_referred_to()
    {
        var references = References(document).ToHashSet();
        Assert.All(references, reference => Find(reference));
        var components = document.GetProperty("components").EnumerateObject()
            .SelectMany(kind => kind.Value.EnumerateObject().Select(component => $"#/components/{kind.Name}/{component.Name}"));
        Assert.Equal(components.Order(), references.Order());
    }

    [Fact]
    public void The_document_is_of_version_3_1_and_of_this_build()
    {
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        Assert.Equal(new ApiOptions().ServerVersion, document.GetProperty("info").GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8", "<title>Krewe</title>")]
    [InlineData("/docs", "text/html; charset=utf-8", "<title>Krewe API</title>")]
    [InlineData("/docs/swagger-ui-bundle.js", "text/javascript", "SwaggerUIBundle")]
    public async Task The_pages_are_there(string path, string contentType, string content)
    {
        using var response = await server.Client.GetAsync(path, Token);
        Assert.Equal(contentType, response.Content.Headers.ContentType!.ToString().Replace(";charset", "; charset", StringComparison.Ordinal));
        var page = await response.Content.ReadAsStringAsync(Token);
        Assert.Contains(content, page);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs/index.html")]
    public async Task The_pages_need_nothing_from_elsewhere(string path)
    {
        var page = await server.Client.GetStringAsync(path, Token);
        Assert.DoesNotMatch("(?i)(src|href)=\"(https?:)?//", page);
    }

    [Fact]
    public async Task Every_link_of_the_start_page_leads_somewhere()
    {
        var page = await server.Client.GetStringAsync("/", Token);
        var links = page.Split("<a href=\"").Skip(1).Select(part => part[..part.IndexOf('"', StringComparison.Ordinal)]).ToList();
        Assert.NotEmpty(links);
        foreach (var link in links)
        {
            using var response = await server.Client.GetAsync("/" + link, Token);
            Assert.True(response.IsSuccessStatusCode, link);
        }
    }

    private IEnumerable<(string Name, JsonElement Operation)> Operations() => document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(verb => ($"{verb.Name.ToUpperInvariant()} {path.Name}", verb.Value)));

    private JsonElement Resolve(JsonElement element) =>
        element.TryGetProperty("$ref", out var reference) ? Find(reference.GetString()!) : element;

    private JsonElement Find(string reference) =>
        reference.Split('/').Skip(1).Aggregate(document, (element, part) => element.GetProperty(part));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
