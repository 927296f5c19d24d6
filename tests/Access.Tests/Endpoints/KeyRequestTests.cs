using Krewe.Access.Tests.Setup;

namespace Krewe.Access.Tests.Endpoints;

/// <summary>What is wrong with a request for a key is said.</summary>
public sealed class KeyRequestTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "no object")]
    [InlineData("{}", "'tenant' is missing")]
    [InlineData("""{"tenant": "a b"}""", "'tenant' is 'a b'")]
    [InlineData("""{"tenant": 1}""", "'tenant' is not a text")]
    [InlineData("""{"tenant": "a"}""", "'role' is missing")]
    [InlineData("""{"tenant": "a", "role": "root"}""", "'role' is 'root': expected caller, publisher, operator or admin")]
    [InlineData("""{"tenant": "a", "role": "caller"}""", "'models' is missing")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": "m"}""", "'models' is not valid")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": []}""", "'models' is not valid")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["a?"]}""", "'models' is not valid")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "expires": "soon"}""", "'expires' is 'soon': expected a time")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "expires": "-1d"}""", "'expires' is '-1d'")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "expires": "999999999d"}""", "at most")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "speed": 1}""", "there is no member 'speed'")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "rate": 1}""", "'rate' is not a text")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "rate": "100"}""", "'rate' is '100': expected 1 to 1000000 requests per second")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "rate": "0/s"}""", "such as 100/s, 600/m or 1000/h")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "burst": 5}""", "'burst' is without 'rate'")]
    [InlineData("""{"tenant": "a", "role": "caller", "models": ["m"], "parallel": 0}""", "'parallel' is not valid: expected a number from 1")]
    public async Task A_mistake_is_named(string body, string said)
    {
        var (status, answer, _) = await fixture.Server.SendAsync("POST", "/v2/keys", AccessServer.AdminKey, body);
        Assert.Equal(400, status);
        Assert.Contains(said, answer);
    }

    [Theory]
    [InlineData("a%20b", "{}", "'tenant' is 'a b'")]
    [InlineData("a", "[]", "no object")]
    [InlineData("a", """{"limit": 1}""", "expected rate, burst, parallel")]
    [InlineData("a", """{"rate": "1/d"}""", "'rate' is '1/d'")]
    public async Task A_mistake_in_the_limits_of_a_tenant_is_named(string tenant, string body, string said)
    {
        var (status, answer, _) = await fixture.Server.SendAsync("PUT", $"/v2/tenants/{tenant}/limits", AccessServer.AdminKey, body);
        Assert.Equal(400, status);
        Assert.Contains(said, answer);
    }

    [Theory]
    [InlineData("DELETE", "/v2/keys/nobody", null, 404)]
    [InlineData("POST", "/v2/keys/nobody/rotate", null, 404)]
    [InlineData("DELETE", "/v2/keys/a-b", null, 400)]
    [InlineData("POST", "/v2/keys/nobody/rotate", "{\"overlap\": \"400d\"}", 400)]
    [InlineData("POST", "/v2/keys/nobody/rotate", "{\"other\": 1}", 400)]
    public async Task A_key_that_is_not_there_is_said(string method, string path, string? body, int status) =>
        Assert.Equal(status, (await fixture.Server.SendAsync(method, path, AccessServer.AdminKey, body)).Status);
}
