using System.Text.Json.Nodes;
using Krewe.Access.Hosting;
using Krewe.Access.Policies;
using Krewe.Access.Tests.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Tests.Policies;

/// <summary>
/// Every endpoint and gRPC method with every credential. The list is that of the routes, so that none is left out; what each credential
/// may do is written here.
/// </summary>
public sealed class MatrixTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private const int Unauthorized = 401;
    private const int Forbidden = 403;

    /// <summary>What each role may do.</summary>
    private static readonly Dictionary<string, Right[]> Allowed = new()
    {
        ["caller"] = [Right.Public, Right.Call],
        ["publisher"] = [Right.Public, Right.Call, Right.Publish],
        ["operator"] = [Right.Public, Right.Call, Right.Publish, Right.Operate, Right.OperateAll],
        ["admin"] = Enum.GetValues<Right>(),
    };

    private AccessServer Server => fixture.Server;

    [Fact]
    public void Every_endpoint_has_one_right()
    {
        var endpoints = Server.Endpoints.ToList();
        Assert.True(endpoints.Count > 60, $"only {endpoints.Count} endpoints");
        Assert.All(endpoints, static endpoint => Assert.Single(endpoint.Metadata.OfType<RightMetadata>()));
    }

    [Fact]
    public async Task The_endpoints_of_access_are_those_of_the_document()
    {
        var (_, document, _) = await Server.SendAsync("GET", "/openapi.json", null);
        var described = JsonNode.Parse(document)!["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(verb => (Name: $"{verb.Key.ToUpperInvariant()} {path.Key}", verb.Value)))
            .Where(static operation => (string)operation.Value!["tags"]![0]! == "Access").Select(static operation => operation.Name);
        var mapped = Server.Endpoints.Where(static endpoint => endpoint.RoutePattern.RawText is { } pattern
                && (pattern.StartsWith("/v2/keys", StringComparison.Ordinal) || pattern == "/v2/audit"))
            .Select(static endpoint => $"{MethodOf(endpoint)} {endpoint.RoutePattern.RawText}");
        Assert.Equal(mapped.Order(), described.Order());
    }

    [Fact]
    public async Task An_endpoint_without_a_row_ends_the_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => AccessServer.StartAsync(fixture.Silo, null, app => app.MapGet("/v2/new", static () => "").RequireRights(app.Services)));
        Assert.Contains("'GET /v2/new' has no row in PolicyTable", error.Message);
    }

    [Fact]
    public async Task An_endpoint_that_was_forgotten_is_refused_to_everybody()
    {
        await using var server = await AccessServer.StartAsync(fixture.Silo, fixture.AdminKeyFile, static app => app.MapGet("/v2/new", static () => ""));
        Assert.Equal(Unauthorized, (await server.SendAsync("GET", "/v2/new", null)).Status);
        Assert.Equal(Forbidden, (await server.SendAsync("GET", "/v2/new", AccessServer.AdminKey)).Status);
    }

    [Theory]
    [InlineData("POST", "/v2/models/{model}/infer", Right.Call)]
    [InlineData("POST", "/v1/models/{model}/labels/{version}:predict", Right.Call)]
    [InlineData("POST", "/inference.GRPCInferenceService/ModelInfer", Right.Call)]
    [InlineData("POST", "/v2/repository/index", Right.Call)]
    [InlineData("PUT", "/v2/repository/models/{model}/versions/{version}", Right.Publish)]
    [InlineData("DELETE", "/v2/repository/models/{model}/versions/{version}", Right.Publish)]
    [InlineData("PUT", "/v2/models/{model}/rollout", Right.Operate)]
    [InlineData("POST", "/inference.GRPCInferenceService/RepositoryModelUnload", Right.Operate)]
    [InlineData("GET", "/metrics", Right.Operate)]
    [InlineData("GET", "/dashboard/{**path}", Right.OperateAll)]
    [InlineData("POST", "/v2/keys", Right.Administer)]
    [InlineData("PUT", "/v2/tenants/{tenant}/limits", Right.Administer)]
    [InlineData("GET", "/v2/health/live", Right.Public)]
    public void What_matters_most_asks_for(string method, string pattern, Right right) => Assert.Equal(right, PolicyTable.Find(method, pattern));

    [Theory]
    [InlineData("none")]
    [InlineData("wrong")]
    [InlineData("expired")]
    [InlineData("revoked")]
    [InlineData("token of a past hour")]
    [InlineData("token for another audience")]
    [InlineData("token without a signature")]
    [InlineData("token without a role")]
    public async Task Without_a_good_credential_only_what_is_public_is_answered(string credential)
    {
        var key = await MakeAsync(credential);
        foreach (var (method, path, right, isGrpc) in Calls("acme-a"))
        {
            var status = await AskAsync(method, path, isGrpc, key);
            Assert.True((status == Unauthorized) == (right != Right.Public), $"{credential}: {method} {path} ({right}) gives {status}");
            Assert.NotEqual(Forbidden, status);
        }
    }

    [Theory]
    [InlineData("caller", false)]
    [InlineData("publisher", false)]
    [InlineData("operator", false)]
    [InlineData("admin", false)]
    [InlineData("caller", true)]
    [InlineData("publisher", true)]
    [InlineData("operator", true)]
    [InlineData("admin", true)]
    public async Task A_role_may_do_what_it_includes_and_nothing_else(string role, bool isToken)
    {
        var key = isToken ? fixture.Token(role) : await Server.CreateKeyAsync(role);
        foreach (var (method, path, right, isGrpc) in Calls("acme-a"))
        {
            var status = await AskAsync(method, path, isGrpc, key);
            Assert.True((status == Forbidden) == !Allowed[role].Contains(right), $"{role}: {method} {path} ({right}) gives {status}");
            Assert.NotEqual(Unauthorized, status);
            Assert.True(status < 500, $"{role}: {method} {path} gives {status}");
        }
    }

    [Theory]
    [InlineData("caller", false)]
    [InlineData("operator", false)]
    [InlineData("caller", true)]
    [InlineData("operator", true)]
    public async Task The_models_of_others_are_not_there(string role, bool isToken)
    {
        var key = isToken ? fixture.Token(role, "acme-*") : await Server.CreateKeyAsync(role, "acme-*");
        foreach (var endpoint in Server.Endpoints.Where(static endpoint => endpoint.RoutePattern.GetParameter("model") is not null))
        {
            var (method, others, nobodys) = (MethodOf(endpoint), PathOf(endpoint, "other-a"), PathOf(endpoint, "other-x"));
            var (status, body, _) = await Server.SendAsync(method, others, key, BodyOf(method));
            var (same, unknown, _) = await Server.SendAsync(method, nobodys, key, BodyOf(method));
            Assert.True(status == 404, $"{method} {others} gives {status}: {body}");
            Assert.Equal((same, unknown.Replace("other-x", "other-a", StringComparison.Ordinal)), (status, body));
        }
    }

    [Theory]
    [InlineData("ModelReady")]
    [InlineData("ModelMetadata")]
    [InlineData("ModelConfig")]
    [InlineData("ModelStatistics")]
    [InlineData("ModelInfer")]
    public async Task Nor_over_grpc(string method)
    {
        foreach (var key in new[] { await Server.CreateKeyAsync("operator", "acme-*"), fixture.Token("operator", "acme-*") })
        {
            Assert.Equal(5, await Server.CallAsync($"/inference.GRPCInferenceService/{method}", key, Field(1, "other-a")));
            Assert.NotEqual(5, await Server.CallAsync($"/inference.GRPCInferenceService/{method}", key, Field(1, "acme-a")));
        }
    }

    [Theory]
    [InlineData("RepositoryModelLoad")]
    [InlineData("RepositoryModelUnload")]
    public async Task Nor_loaded_over_grpc(string method)
    {
        var key = await Server.CreateKeyAsync("operator", "acme-*");
        Assert.Equal(5, await Server.CallAsync($"/inference.GRPCInferenceService/{method}", key, Field(2, "other-a")));
        Assert.Equal(0, await Server.CallAsync($"/inference.GRPCInferenceService/{method}", key, Field(2, "acme-a")));
        Assert.DoesNotContain(Server.Host.Operations, static operation => operation.Contains("other", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_health_check_of_a_model_needs_a_key_that_knows_of_it()
    {
        const string check = "/grpc.health.v1.Health/Check";
        Assert.Equal(0, await Server.CallAsync(check, null));
        Assert.Equal(5, await Server.CallAsync(check, null, Field(1, "acme-a")));
        Assert.Equal(0, await Server.CallAsync(check, await Server.CreateKeyAsync("caller", "acme-*"), Field(1, "acme-a")));
    }

    [Fact]
    public async Task A_publisher_starts_no_rollout()
    {
        const string path = "/v2/repository/models/acme-a/versions/7?rollout=canary";
        Assert.Equal(Forbidden, (await Server.SendAsync("PUT", path, await Server.CreateKeyAsync("publisher"), "x")).Status);
        Assert.NotEqual(Forbidden, (await Server.SendAsync("PUT", path, await Server.CreateKeyAsync("operator"), "x")).Status);
    }

    [Theory]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("DELETE", "/v2", 405)]
    public async Task What_is_not_there_needs_no_key(string method, string path, int status) =>
        Assert.Equal(status, (await Server.SendAsync(method, path, null)).Status);

    private static byte[] Field(int number, string text) =>
        [(byte)((number << 3) | 2), (byte)text.Length, .. System.Text.Encoding.UTF8.GetBytes(text)];

    private IEnumerable<(string Method, string Path, Right Right, bool IsGrpc)> Calls(string model) =>
        from endpoint in Server.Endpoints.ToList()
        let right = endpoint.Metadata.GetRequiredMetadata<RightMetadata>().Right
        let isGrpc = endpoint.DisplayName!.StartsWith("gRPC - ", StringComparison.Ordinal)

        // Streams without an end.
        where !endpoint.RoutePattern.RawText!.EndsWith("Health/Watch", StringComparison.Ordinal)
        select (MethodOf(endpoint), PathOf(endpoint, model), right, isGrpc);

    private async Task<int> AskAsync(string method, string path, bool isGrpc, string? key) => !isGrpc
        ? (await Server.SendAsync(method, path, key, BodyOf(method))).Status
        : await Server.CallAsync(path, key) switch
        {
            7 => Forbidden,
            16 => Unauthorized,
            _ => 200,
        };

    private static string? BodyOf(string method) => method is "POST" or "PUT" or "PATCH" ? "{}" : null;

    private static string MethodOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0] ?? "GET";

    private static string PathOf(RouteEndpoint endpoint, string model) => endpoint.RoutePattern.RawText!
        .Replace("{model}", model, StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal)
        .Replace("{alias}", "prod", StringComparison.Ordinal).Replace("{id}", "nobody", StringComparison.Ordinal).Replace("{tenant}", "nobody", StringComparison.Ordinal)
        .Replace("{**path}", "", StringComparison.Ordinal).Replace("{**file}", "index.html", StringComparison.Ordinal)
        .Replace("{unimplementedService}", "a.B", StringComparison.Ordinal)
        .Replace("{unimplementedMethod:grpcunimplemented}", "C", StringComparison.Ordinal);

    private async Task<string?> MakeAsync(string credential)
    {
        switch (credential)
        {
            case "none":
                return null;
            case "wrong":
                return (await Server.CreateKeyAsync("admin"))[..^1] + "_";
            case "expired":
                var expired = await Server.CreateKeyAsync("admin", expires: "1h");
                Server.Time.Advance(TimeSpan.FromHours(1));
                return expired;
            case "token of a past hour":
                return fixture.Provider.Sign(fixture.Provider.Claims(Server.Time.GetUtcNow().AddHours(-2), "admin"));
            case "token for another audience":
                return TokenWith("aud", "another");
            case "token without a role":
                return TokenWith("roles", null);
            case "token without a signature":
                var claims = fixture.Provider.Claims(Server.Time.GetUtcNow(), "admin");
                return TokenProvider.Sign(claims, new JsonObject { ["alg"] = "none" }, static _ => []);
            default:
                var revoked = await Server.CreateAsync("admin");
                Assert.Equal(200, (await Server.SendAsync("DELETE", $"/v2/keys/{revoked["id"]}", AccessServer.AdminKey)).Status);
                return (string)revoked["key"]!;
        }
    }

    private string TokenWith(string claim, string? value)
    {
        var claims = fixture.Provider.Claims(Server.Time.GetUtcNow(), "admin");
        claims[claim] = value;
        return fixture.Provider.Sign(claims);
    }
}
