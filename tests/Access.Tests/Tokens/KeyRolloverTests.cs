using Krewe.Access.Settings;
using Krewe.Access.Tests.Setup;

namespace Krewe.Access.Tests.Tokens;

/// <summary>The provider's keys change, and the provider fails, without a restart of the server.</summary>
public sealed class KeyRolloverTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private const string Models = "/v2/models";

    private AccessServer Server => fixture.Server;

    private TokenProvider Provider => fixture.Provider;

    [Fact]
    public async Task A_new_key_is_accepted_within_two_seconds_and_the_former_one_goes_with_it()
    {
        var former = fixture.Token("caller");
        Assert.Equal(200, (await Server.SendAsync("GET", Models, former)).Status);
        Provider.AddKey("two");
        var (status, passed) = await AskAsync(Sign("two"));
        Assert.Equal(200, status);
        Assert.True(passed <= TimeSpan.FromSeconds(2), $"{passed}");
        Assert.Equal(200, (await Server.SendAsync("GET", Models, former)).Status);
        Provider.RemoveKey("one");
        Provider.AddKey("three");
        Assert.Equal(200, (await AskAsync(Sign("three"))).Status);
        Assert.Equal(401, (await AskAsync(former)).Status);
        Assert.Equal(200, (await AskAsync(Sign("two"))).Status);
        Provider.AddKey("one");
    }

    [Fact]
    public async Task Keys_that_are_made_up_read_the_providers_once_a_second_whatever_is_sent()
    {
        await AskAsync(fixture.Token("caller"));
        var (before, started) = (Provider.Readings, Server.Time.GetUtcNow());
        var forged = Provider.Claims(started, "admin");
        var all = Task.WhenAll(Enumerable.Range(0, 200).Select(
            i => Server.SendAsync("GET", Models, Provider.Sign(forged, Provider.KeySet()["keys"]![0]!["kid"]!.ToString(), $"made-up-{i}"))));
        await PassAsync(all);
        Assert.All(await all, static answer => Assert.Equal(401, answer.Status));
        var seconds = (Server.Time.GetUtcNow() - started).TotalSeconds;
        Assert.InRange(Provider.Readings - before, 1, (int)seconds + 2);
    }

    [Fact]
    public async Task A_key_that_is_removed_without_another_goes_out_of_force_by_the_minute()
    {
        Provider.AddKey("short");
        var token = Sign("short");
        Assert.Equal(200, (await AskAsync(token)).Status);
        Provider.RemoveKey("short");
        Assert.Equal(200, (await AskAsync(token)).Status);
        for (var i = 0; i < 1000 && (await AskAsync(token)).Status == 200; i++)
        {
            Server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(401, (await AskAsync(token)).Status);
    }

    [Fact]
    public async Task A_provider_that_is_down_stops_neither_keys_nor_tokens_by_known_keys()
    {
        var (known, key) = (fixture.Token("caller"), await Server.CreateKeyAsync("caller"));
        Assert.Equal(200, (await AskAsync(known)).Status);
        Provider.AddKey("late");
        Provider.IsDown = true;
        try
        {
            var asked = Server.SendAsync("GET", Models, Sign("late"));
            await PassAsync(asked);
            var (status, body, headers) = await asked;
            Assert.Equal((503, TimeSpan.FromSeconds(1)), (status, headers.RetryAfter!.Delta!.Value));
            Assert.Contains("the provider of tokens cannot be reached", body);
            Assert.Equal(200, (await AskAsync(known)).Status);
            Assert.Equal(200, (await AskAsync(key)).Status);
            var called = Server.CallAsync("/inference.GRPCInferenceService/ServerMetadata", Sign("late"));
            await PassAsync(called);
            Assert.Equal(14, await called);
        }
        finally
        {
            Provider.IsDown = false;
        }

        Assert.Equal(200, (await AskAsync(Sign("late"))).Status);
    }

    [Fact]
    public async Task A_server_starts_while_the_provider_is_down()
    {
        Provider.IsDown = true;
        await using var server = await AccessServer.StartAsync(fixture.Silo, fixture.AdminKeyFile, configure: fixture.AcceptTokens);
        Assert.Equal(200, (await server.SendAsync("GET", Models, AccessServer.AdminKey)).Status);
        var token = Provider.Sign(Provider.Claims(server.Time.GetUtcNow()));
        var asked = server.SendAsync("GET", Models, token);
        await PassAsync(asked, server);
        Assert.Equal(503, (await asked).Status);
        Provider.IsDown = false;
        asked = server.SendAsync("GET", Models, token);
        await PassAsync(asked, server);
        Assert.Equal(200, (await asked).Status);
    }

    [Fact]
    public async Task A_file_can_have_the_keys_and_is_read_again_and_then_keys_are_not_needed()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Provider.KeySet().ToJsonString());
            await using var server = await AccessServer.StartAsync(fixture.Silo, null, configure: options =>
            {
                (options.Keys, options.Jwt, options.Tokens.KeysFile) = (false, true, file);
                options.Tokens.Claims = new TokenClaims("org", "realm_access.roles", "https://krewe.example/models");
                options.Tokens.Framework[TokenOptions.Section + ":ValidIssuer"] = "https://login.example.com";
                options.Tokens.Framework[TokenOptions.Section + ":ValidAudiences:0"] = TokenProvider.Audience;
            });
            var claims = Provider.Claims(server.Time.GetUtcNow());
            claims["iss"] = "https://login.example.com";
            claims["org"] = "bank";
            claims["realm_access"] = new System.Text.Json.Nodes.JsonObject { ["roles"] = new System.Text.Json.Nodes.JsonArray("caller") };
            claims["https://krewe.example/models"] = "acme-* other-a";
            Assert.Equal(200, (await server.SendAsync("GET", "/v2/models/other-a", Provider.Sign(claims))).Status);
            Assert.Equal(404, (await server.SendAsync("GET", "/v2/models/other-b", Provider.Sign(claims))).Status);
            Assert.Equal((404, 401), ((await server.SendAsync("GET", "/v2/keys", null)).Status, (await server.SendAsync("GET", Models, "a-key")).Status));
            Provider.AddKey("filed");
            await File.WriteAllTextAsync(file, Provider.KeySet().ToJsonString());
            var asked = server.SendAsync("GET", "/v2/models/other-a", Provider.Sign(claims, "filed"));
            await PassAsync(asked, server);
            Assert.Equal(200, (await asked).Status);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private string Sign(string key) => Provider.Sign(Provider.Claims(Server.Time.GetUtcNow()), key);

    private async Task<(int Status, TimeSpan Passed)> AskAsync(string credential)
    {
        var started = Server.Time.GetUtcNow();
        var asked = Server.SendAsync("GET", Models, credential);
        await PassAsync(asked);
        return ((await asked).Status, Server.Time.GetUtcNow() - started);
    }

    /// <summary>Lets the server's clock go on in steps until a request that may wait for it is answered.</summary>
    private async Task PassAsync(Task asked, AccessServer? server = null)
    {
        while (await Task.WhenAny(asked, Task.Delay(TimeSpan.FromMilliseconds(100))) != asked)
        {
            (server ?? Server).Time.Advance(TimeSpan.FromMilliseconds(250));
        }
    }
}
