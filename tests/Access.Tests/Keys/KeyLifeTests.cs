using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Access.Keys;
using Krewe.Access.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Access.Tests.Keys;

/// <summary>A key from its making to its end, over the API.</summary>
public sealed class KeyLifeTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private const string Models = "/v2/models";

    private AccessServer Server => fixture.Server;

    [Theory]
    [InlineData("Authorization", "Bearer {0}", true)]
    [InlineData("Authorization", "bearer {0}", true)]
    [InlineData("x-api-key", "{0}", true)]
    [InlineData("api-key", "{0}", true)]
    [InlineData("Authorization", "{0} ", false)]
    [InlineData("Authorization", "Digest {0}", false)]
    [InlineData("x-krewe-key", "{0}", false)]
    public async Task A_key_is_read_where_clients_put_it(string header, string form, bool isRead)
    {
        var key = await Server.CreateKeyAsync("caller");
        var given = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, key);
        var (status, body, headers) = await Server.SendAsync("GET", Models, given, header: header);
        Assert.Equal(isRead ? 200 : 401, status);
        Assert.Equal(isRead ? "" : "Bearer realm=\"krewe\"", headers.WwwAuthenticate.ToString());
        Assert.Contains(isRead ? "acme-a" : "x-api-key: KEY", body);
    }

    [Fact]
    public async Task The_dashboard_takes_a_key_as_a_password_and_nothing_else_does()
    {
        var key = await Server.CreateKeyAsync("operator");
        var basic = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{key}"));
        Assert.Equal(200, (await Server.SendAsync("GET", "/dashboard/", basic)).Status);
        Assert.Equal(401, (await Server.SendAsync("GET", Models, basic)).Status);
        var (status, _, headers) = await Server.SendAsync("GET", "/dashboard/", null);
        Assert.Equal((401, "Basic realm=\"krewe\", charset=\"UTF-8\""), (status, headers.WwwAuthenticate.ToString()));
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_kept_nowhere()
    {
        var made = await Server.CreateAsync("publisher", "fraud-*", "90d", "bank");
        var secret = (string)made["key"]!;
        Assert.Matches("^krewe_[a-z2-9]{8}_[A-Za-z0-9_-]{43}$", secret);
        var (_, list, headers) = await Server.SendAsync("GET", "/v2/keys", AccessServer.AdminKey);
        Assert.Equal("no-store", headers.CacheControl!.ToString());
        var stored = await fixture.Silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IKeyBookGrain>(IKeyBookGrain.Key).ReadAsync(-1, []);
        var everything = list + string.Join(' ', stored!.Keys.Select(key => key.ToString() + string.Join(' ', key.Secrets)));
        Assert.DoesNotContain(secret[15..], everything);
        var listed = JsonNode.Parse(list)!["keys"]!.AsArray().Single(key => (string)key!["id"]! == (string)made["id"]!)!;
        Assert.Equal(
            ("bank", "publisher", "admin-key-file", secret[..14]),
            ((string)listed["tenant"]!, (string)listed["role"]!, (string)listed["created_by"]!, (string)listed["secrets"]![0]!["prefix"]!));
        Assert.Null(listed["key"]);
        Assert.DoesNotContain("hash", list);
    }

    [Fact]
    public async Task Who_made_a_key_is_its_proven_name()
    {
        var admin = await Server.CreateAsync("admin", tenant: "ops");
        var made = await Server.CreateAsync("caller", by: (string)admin["key"]!);
        Assert.Equal($"ops/{admin["id"]}", (string)made["created_by"]!);
    }

    [Fact]
    public async Task A_rotated_key_has_two_secrets_for_a_while()
    {
        var made = await Server.CreateAsync("caller");
        var former = (string)made["key"]!;
        var (status, body, _) = await Server.SendAsync("POST", $"/v2/keys/{made["id"]}/rotate", AccessServer.AdminKey, """{"overlap": "1h"}""");
        Assert.Equal(200, status);
        var fresh = (string)JsonNode.Parse(body)!["key"]!;
        Assert.Equal(former[..14], fresh[..14]);
        Assert.Equal((200, 200), ((await Server.SendAsync("GET", Models, former)).Status, (await Server.SendAsync("GET", Models, fresh)).Status));
        Server.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((401, 200), ((await Server.SendAsync("GET", Models, former)).Status, (await Server.SendAsync("GET", Models, fresh)).Status));
    }

    [Fact]
    public async Task A_key_is_in_force_and_out_of_force_at_every_server_within_two_seconds()
    {
        await using var other = await AccessServer.StartAsync(fixture.Silo, null);
        var made = await Server.CreateAsync("caller");
        await ComesToAsync(other, (string)made["key"]!, 200);
        Assert.Equal(200, (await Server.SendAsync("DELETE", $"/v2/keys/{made["id"]}", AccessServer.AdminKey)).Status);
        Assert.Equal(401, (await Server.SendAsync("GET", Models, (string)made["key"]!)).Status);
        await ComesToAsync(other, (string)made["key"]!, 401);
    }

    [Fact]
    public async Task The_last_use_is_kept()
    {
        await using var server = await AccessServer.StartAsync(fixture.Silo, fixture.AdminKeyFile);
        var made = await server.CreateAsync("caller");
        Assert.Null(made["last_used_at"]);
        Assert.Equal(200, (await server.SendAsync("GET", Models, (string)made["key"]!)).Status);
        for (var i = 0; i < 200; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(500));
            var (_, list, _) = await server.SendAsync("GET", "/v2/keys", AccessServer.AdminKey);
            if (JsonNode.Parse(list)!["keys"]!.AsArray().Single(key => (string)key!["id"]! == (string)made["id"]!)!["last_used_at"] is not null)
            {
                return;
            }
        }

        Assert.Fail("the use was not reported");
    }

    [Fact]
    public async Task The_admin_key_is_read_again_when_its_file_changes()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, AccessServer.AdminKey);
            await using var server = await AccessServer.StartAsync(fixture.Silo, file);
            Assert.Equal(200, (await server.SendAsync("GET", "/v2/keys", AccessServer.AdminKey)).Status);
            await File.WriteAllTextAsync(file, "another-admin-key-of-more-than-32-characters");
            server.Time.Advance(TimeSpan.FromSeconds(1));
            await ComesToAsync(server, "another-admin-key-of-more-than-32-characters", 200);
            Assert.Equal(401, (await server.SendAsync("GET", "/v2/keys", AccessServer.AdminKey)).Status);
            await File.WriteAllTextAsync(file, "too short");
            await ComesToAsync(server, "another-admin-key-of-more-than-32-characters", 401);
            Assert.Equal(401, (await server.SendAsync("GET", "/v2/keys", "too short")).Status);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_history_shows_the_proven_name()
    {
        var made = await Server.CreateAsync("operator");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v2/models/m/aliases/prod")
        {
            Content = new StringContent("""{"version": "1"}"""),
        };
        request.Headers.Add("x-api-key", (string)made["key"]!);
        request.Headers.Add("Krewe-Actor", "somebody else");
        using var answer = await Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal($"acme/{made["id"]}", Server.LastAuthor);
    }

    /// <summary>Asks until the answer is that; the other server's clock goes by what a poll takes, at most two seconds.</summary>
    private static async Task ComesToAsync(AccessServer server, string key, int status)
    {
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(2); passed += TimeSpan.FromMilliseconds(500))
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(500));
            for (var i = 0; i < 50; i++)
            {
                if ((await server.SendAsync("GET", Models, key)).Status == status)
                {
                    return;
                }
            }
        }

        Assert.Fail($"it does not come to {status}");
    }
}
