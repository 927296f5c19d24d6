using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Access.Tests.Setup;

namespace Krewe.Access.Tests.Tokens;

/// <summary>Which tokens are accepted, and what is said about those that are not.</summary>
public sealed class TokenCheckTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private const string Models = "/v2/models";

    private AccessServer Server => fixture.Server;

    private TokenProvider Provider => fixture.Provider;

    private DateTimeOffset Now => Server.Time.GetUtcNow();

    [Fact]
    public async Task A_token_is_accepted_beside_keys_and_shows_its_models()
    {
        var (status, body, _) = await Server.SendAsync("GET", Models, fixture.Token("caller", "acme-*"));
        Assert.Equal(200, status);
        Assert.Contains("acme-a", body);
        Assert.DoesNotContain("other-a", body);
        Assert.Equal(200, (await Server.SendAsync("GET", Models, await Server.CreateKeyAsync("caller"))).Status);
        Assert.Equal(401, (await Server.SendAsync("GET", Models, fixture.Token("caller"), header: "x-api-key")).Status);
    }

    [Theory]
    [InlineData("aud", "\"another\"", "another audience")]
    [InlineData("aud", null, "another audience")]
    [InlineData("iss", "\"https://evil.example\"", "another issuer")]
    [InlineData("iss", null, "another issuer")]
    [InlineData("exp", null, "no expiry")]
    [InlineData("exp", "1", "expired")]
    [InlineData("nbf", "99999999999", "not valid yet")]
    [InlineData("tenant", null, "'tenant' is missing")]
    [InlineData("tenant", "\"a b\"", "'tenant' is not valid")]
    [InlineData("tenant", "\"\"", "'tenant' is not valid")]
    [InlineData("sub", null, "'sub' is missing")]
    [InlineData("roles", null, "'roles' is missing: expected caller, publisher, operator or admin")]
    [InlineData("roles", "[\"root\", \"Admin\", 1]", "'roles' is not valid")]
    [InlineData("models", null, "'models' is missing")]
    [InlineData("models", "[]", "'models' is not valid")]
    [InlineData("models", "[\"a?\"]", "'models' is not valid")]
    public async Task What_is_wrong_with_a_claim_is_said(string claim, string? value, string said)
    {
        var claims = Provider.Claims(Now, "admin");
        claims.Remove(claim);
        if (value is not null)
        {
            claims[claim] = JsonNode.Parse(value);
        }

        await RefusesAsync(Provider.Sign(claims), said);
    }

    [Fact]
    public async Task Only_a_key_of_the_provider_signs()
    {
        var claims = Provider.Claims(Now, "admin");
        using var stranger = RSA.Create(2048);
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = "one" };
        const string said = "not signed by a key of the provider";
        await RefusesAsync(TokenProvider.Sign(claims, header, text => stranger.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), said);
        await RefusesAsync(TokenProvider.Sign(claims, new JsonObject { ["alg"] = "none" }, static _ => []), said);
        await RefusesAsync(TokenProvider.Sign(claims, new JsonObject { ["alg"] = "none", ["kid"] = "one" }, static _ => []), said);

        // A key in the header is the caller's own.
        var own = new JsonObject { ["alg"] = "RS256", ["jwk"] = JsonOf(stranger) };
        await RefusesAsync(TokenProvider.Sign(claims, own, text => stranger.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), said);
        var good = Provider.Sign(claims);
        await RefusesAsync(good[..^8] + "AAAAAAAA", said);
        Assert.Equal(200, (await Server.SendAsync("GET", Models, good)).Status);
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("HS512")]
    public async Task A_public_key_is_no_secret(string algorithm)
    {
        var key = Provider.Key("one");
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(key.ExportRSAPublicKeyPem()), Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()),
            key.ExportSubjectPublicKeyInfo(), key.ExportParameters(false).Modulus!,
        ];
        foreach (var secret in secrets)
        {
            var header = new JsonObject { ["alg"] = algorithm, ["kid"] = "one" };
            await RefusesAsync(
                TokenProvider.Sign(
                    Provider.Claims(Now, "admin"), header,
                    text => algorithm == "HS256" ? HMACSHA256.HashData(secret, text) : HMACSHA512.HashData(secret, text)),
                "the token is refused");
        }
    }

    [Theory]
    [InlineData("eyJ.e.e")]
    [InlineData("ey..")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30.")]
    public async Task What_only_looks_like_a_token_is_refused(string text) => await RefusesAsync(text, "the token is refused");

    [Fact]
    public async Task A_token_ends_when_it_says_though_it_was_seen_before()
    {
        var token = fixture.Token("caller");
        Assert.Equal(200, (await Server.SendAsync("GET", Models, token)).Status);
        Server.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(9));
        Assert.Equal(200, (await Server.SendAsync("GET", Models, token)).Status);
        Server.Time.Advance(TimeSpan.FromSeconds(2));
        await RefusesAsync(token, "expired");
    }

    [Fact]
    public async Task A_history_and_a_key_show_the_proven_name()
    {
        var token = fixture.Token("admin");
        Assert.Equal(200, (await Server.SendAsync("PUT", "/v2/models/m/aliases/prod", token, """{"version": "1"}""")).Status);
        Assert.Equal("acme/ann", Server.LastAuthor);
        Assert.Equal("acme/ann", (string)(await Server.CreateAsync("caller", by: token))["created_by"]!);
    }

    [Fact]
    public async Task A_long_list_of_roles_gives_the_highest_that_is_one()
    {
        var claims = Provider.Claims(Now);
        claims["roles"] = new JsonArray("employee", "caller", "operator", "uma_authorization");
        Assert.Equal(200, (await Server.SendAsync("GET", "/v2/cluster", Provider.Sign(claims))).Status);
        Assert.Equal(403, (await Server.SendAsync("GET", "/v2/keys", Provider.Sign(claims))).Status);
    }

    private async Task RefusesAsync(string token, string said)
    {
        var (status, body, headers) = await Server.SendAsync("GET", Models, token);
        Assert.Equal(401, status);
        Assert.Contains(said, System.Text.RegularExpressions.Regex.Unescape(body));
        Assert.StartsWith("Bearer realm=\"krewe\", error=\"invalid_token\", error_description=\"", headers.WwwAuthenticate.ToString());
        Assert.Equal(16, await Server.CallAsync("/inference.GRPCInferenceService/ServerMetadata", token));
        Assert.Equal(200, (await Server.SendAsync("GET", "/v2/health/live", token)).Status);
    }

    private static JsonObject JsonOf(RSA key) => new()
    {
        ["kty"] = "RSA", ["n"] = System.Buffers.Text.Base64Url.EncodeToString(key.ExportParameters(false).Modulus), ["e"] = "AQAB",
    };

    [Fact]
    public async Task Where_tokens_alone_are_taken_keys_open_nothing_and_tenants_have_limits()
    {
        var key = await fixture.Server.CreateKeyAsync("admin");
        await using var server = await AccessServer.StartAsync(fixture.Silo, fixture.AdminKeyFile, configure: options =>
        {
            fixture.AcceptTokens(options);
            options.Keys = false;
        });
        foreach (var (given, expected) in ((string, int)[])[(key, 401), (AccessServer.AdminKey, 401), (fixture.Token("admin"), 200)])
        {
            foreach (var path in (string[])["/v2/models", "/v2/tenants", "/v2/audit"])
            {
                Assert.Equal(expected, (await server.SendAsync("GET", path, given)).Status);
                Assert.Equal(expected == 200 ? 401 : expected, (await server.SendAsync("GET", path, key, header: "x-api-key")).Status);
            }
        }

        Assert.Equal(200, (await server.SendAsync("PUT", "/v2/tenants/acme/limits", fixture.Token("admin"), """{"rate": "1/h"}""")).Status);
        Assert.Equal(200, (await server.SendAsync("GET", "/v2/models", fixture.Token("caller"))).Status);
        Assert.Equal(429, (await server.SendAsync("GET", "/v2/models", fixture.Token("caller"))).Status);
        Assert.Equal(429, (await server.SendAsync("GET", "/v2/tenants", fixture.Token("admin"))).Status);
        Assert.Equal(200, (await fixture.Server.SendAsync("PUT", "/v2/tenants/acme/limits", AccessServer.AdminKey, "{}")).Status);
    }
}
