using System.Net;
using System.Text.RegularExpressions;
using Krewe.Api.Http;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Browsers;

/// <summary>What pages in a browser may reach, by the headers that browsers send.</summary>
public sealed class BrowserCheckTests
{
    private const string Load = "/v2/repository/index";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("localhost:8000", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("krewe.localhost:1", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.0.1:80", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("models.example.com", true)]
    [InlineData("Models.Example.com:443", true)]
    [InlineData("a.example.org", true)]
    [InlineData("example.org", false)]
    [InlineData("evil.example", false)]
    [InlineData("evil.example:8000", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("evil.com.models.example.com.evil", false)]
    [InlineData("evilexample.org", false)]
    public async Task A_host_is_served_by_its_names_and_addresses(string host, bool isServed)
    {
        await using var server = await StartAsync(new HostList("models.example.com", "*.example.org"));
        using var answer = await SendAsync(server, HttpMethod.Get, "/v2", ("Host", host));
        Assert.Equal(isServed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains(isServed ? "krewe" : "--allowed-hosts", await answer.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_host_that_was_served_does_not_open_the_way_for_another()
    {
        await using var server = await StartAsync(new HostList());
        foreach (var (host, status) in new[] { ("localhost", 200), ("evil.example", 403), ("localhost", 200), ("evil.example", 403) })
        {
            using var answer = await SendAsync(server, HttpMethod.Get, "/v2", ("Host", host));
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_host_is_served_where_that_is_wanted(bool isListed)
    {
        await using var server = await StartAsync(isListed ? new HostList("*") : null);
        using var answer = await SendAsync(server, HttpMethod.Get, "/v2", ("Host", "evil.example"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("same-origin", "http://localhost", true)]
    [InlineData("none", null, true)]
    [InlineData("same-site", "http://localhost:3000", false)]
    [InlineData("cross-site", "http://evil.example", false)]
    [InlineData("cross-site", null, false)]
    [InlineData("cross-site", "http://app.example.com", true)]
    [InlineData("cross-site", "null", false)]
    [InlineData(null, "http://evil.example", false)]
    [InlineData(null, "null", false)]
    [InlineData(null, "http://localhost:3000", false)]
    [InlineData(null, "http://localhost", true)]
    [InlineData(null, "https://app.example.com:9000", true)]
    public async Task A_page_of_another_origin_changes_nothing(string? site, string? origin, bool isServed)
    {
        await using var server = await StartAsync(new HostList("*", "app.example.com"));
        using var answer = await SendAsync(server, HttpMethod.Post, Load, ("Host", "localhost"), ("Sec-Fetch-Site", site), ("Origin", origin));
        Assert.Equal(isServed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("POST", "/v2/models/linear/infer")]
    [InlineData("POST", "/v1/models/linear:predict")]
    [InlineData("PUT", "/v2/repository/models/linear/versions/1")]
    [InlineData("DELETE", "/v2/models/linear/rollout")]
    [InlineData("POST", "/inference.GRPCInferenceService/ModelInfer")]
    [InlineData("POST", "/nothing")]
    public async Task Every_change_is_checked_before_anything_else(string method, string path)
    {
        await using var server = await StartAsync(null);
        using var answer = await SendAsync(
            server, new HttpMethod(method), path, ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_preflight_is_not_answered_with_permission()
    {
        await using var server = await StartAsync(new HostList());
        using var answer = await SendAsync(
            server, HttpMethod.Options, Load, ("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs/index.html")]
    [InlineData("/docs/swagger-ui-bundle.js")]
    public async Task Pages_are_not_framed_and_run_their_own_scripts_alone(string path)
    {
        await using var server = await StartAsync(new HostList());
        using var answer = await server.Client.GetAsync(path, Token);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("script-src 'self' 'unsafe", policy);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        foreach (Match script in Regex.Matches(await answer.Content.ReadAsStringAsync(Token), "<script>(.*?)</script>", RegexOptions.Singleline))
        {
            Assert.Equal(PageHeaders.PolicyOf(script.Groups[1].Value), policy);
        }
    }

    [Theory]
    [InlineData("/v2")]
    [InlineData("/metrics")]
    [InlineData("/openapi.json")]
    [InlineData("/nothing")]
    public async Task What_a_browser_can_open_is_what_its_content_type_says(string path)
    {
        await using var server = await StartAsync(new HostList());
        using var answer = await server.Client.GetAsync(path, Token);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [InlineData("a.example", true)]
    [InlineData("*.a.example", true)]
    [InlineData("silo-1", true)]
    [InlineData("*", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("http://a.example", false)]
    [InlineData("a.example:80", false)]
    [InlineData("a.*.example", false)]
    public void A_name_has_a_notation(string name, bool isValid) => Assert.Equal(isValid, HostList.IsValid(name));

    private static Task<ApiServer> StartAsync(HostList? hosts) =>
        ApiServer.StartAsync(new FakeModelHost(), options => options.AllowedHosts = hosts);

    private static Task<HttpResponseMessage> SendAsync(
        ApiServer server, HttpMethod method, string path, params (string Name, string? Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers.Where(static header => header.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return server.Client.SendAsync(request, Token);
    }
}
