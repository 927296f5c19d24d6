using System.Text.Json.Nodes;
using Krewe.Access.Auditing;
using Krewe.Access.Policies;
using Krewe.Access.Tests.Setup;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Tests.Auditing;

/// <summary>Who did what is on record, in the file and over the API.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private readonly AccessFixture fixture = new();
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("krewe-audit-");
    private AccessServer server = null!;

    private string Log => Path.Combine(folder.FullName, "audit.jsonl");

    public async ValueTask InitializeAsync()
    {
        await fixture.InitializeAsync();
        server = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await fixture.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_endpoint_that_changes_something_is_noted_without_its_doing()
    {
        var changes = server.Endpoints.Where(static endpoint => endpoint.Metadata.GetRequiredMetadata<RightMetadata>().IsChange).ToList();
        Assert.True(changes.Count > 15, $"only {changes.Count}");
        foreach (var endpoint in changes)
        {
            var pattern = endpoint.RoutePattern.RawText!;
            var method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0];
            var path = pattern.Replace("{model}", "acme-a", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal)
                .Replace("{alias}", "prod", StringComparison.Ordinal).Replace("{id}", "nobody", StringComparison.Ordinal);
            if (pattern.StartsWith("/inference", StringComparison.Ordinal))
            {
                await server.CallAsync(path, AccessServer.AdminKey, (2 << 3) | 2, 6, (byte)'a', (byte)'c', (byte)'m', (byte)'e', (byte)'-', (byte)'a');
            }
            else
            {
                await server.SendAsync(method, path, AccessServer.AdminKey, method == "DELETE" ? null : "{}");
            }

            var noted = await NewestAsync($"{method} {pattern}");
            Assert.Equal(("admin-key-file", "127.0.0.1"), ((string)noted["actor"]!, (string)noted["from"]!));
            Assert.Contains((string)noted["outcome"]!, (string[])["done", "failed"]);
            if (pattern.Contains("{model}", StringComparison.Ordinal) || pattern.StartsWith("/inference", StringComparison.Ordinal))
            {
                Assert.Equal("acme-a", (string)noted["model"]!);
            }
        }
    }

    [Theory]
    [InlineData("PUT", Right.Publish, true)]
    [InlineData("POST", Right.Operate, true)]
    [InlineData("DELETE", Right.Administer, true)]
    [InlineData("GET", Right.Administer, false)]
    [InlineData("POST", Right.Call, false)]
    [InlineData("POST", Right.Public, false)]
    public void A_change_is_what_asks_for_more_than_a_caller_and_does_not_only_read(string method, Right right, bool isChange) =>
        Assert.Equal(isChange, PolicyTable.IsChange(method, right));

    [Fact]
    public async Task Refusals_are_noted_with_who_was_proven()
    {
        Assert.Equal(401, (await server.SendAsync("GET", "/v2/models", "wrong")).Status);
        var noted = await NewestAsync("GET /v2/models");
        Assert.Equal(("anonymous", "refused", "401"), ((string)noted["actor"]!, (string)noted["outcome"]!, (string)noted["status"]!));
        var token = fixture.Provider.Sign(fixture.Provider.Claims(server.Time.GetUtcNow(), "caller", "acme-*"));
        Assert.Equal(403, (await server.SendAsync("POST", "/v2/keys", token, "{}")).Status);
        noted = await NewestAsync("POST /v2/keys");
        Assert.Equal(("acme/ann", "refused", "403"), ((string)noted["actor"]!, (string)noted["outcome"]!, (string)noted["status"]!));
        Assert.Equal(404, (await server.SendAsync("GET", "/v2/models/other-a", token)).Status);
        noted = await NewestAsync("GET /v2/models/{model}");
        Assert.Equal(("other-a", "refused", "404"), ((string)noted["model"]!, (string)noted["outcome"]!, (string)noted["status"]!));
        Assert.Equal(5, await server.CallAsync("/inference.GRPCInferenceService/ModelReady", token, [(1 << 3) | 2, 7, .. "other-b"u8]));
        noted = await NewestAsync("POST /inference.GRPCInferenceService/ModelReady");
        Assert.Equal(("other-b", "refused", "grpc 5"), ((string)noted["model"]!, (string)noted["outcome"]!, (string)noted["status"]!));
    }

    [Fact]
    public async Task The_log_is_a_file_that_goes_on_after_a_restart_and_has_no_secret()
    {
        var made = await server.CreateAsync("admin", tenant: "ops");
        var (secret, id) = ((string)made["key"]!, (string)made["id"]!);
        var noted = await NewestAsync("POST /v2/keys");
        Assert.Equal((id, "done", "201"), ((string)noted["key"]!, (string)noted["outcome"]!, (string)noted["status"]!));

        // A secret in the wrong place.
        await server.SendAsync("DELETE", $"/v2/keys/{secret}", secret);
        Assert.Equal($"ops/{id}", (string)(await NewestAsync("DELETE /v2/keys/{id}"))["actor"]!);
        await server.SendAsync("GET", $"/v2/models/{secret}?key={secret}", secret[..^1]);
        await NewestAsync("GET /v2/models/{model}");
        await server.DisposeAsync();
        var written = await File.ReadAllTextAsync(Log);
        Assert.DoesNotContain(secret[15..^1], written);
        Assert.DoesNotContain(AccessServer.AdminKey, written);
        var last = (long)JsonNode.Parse(written.TrimEnd().Split('\n')[^1])!["seq"]!;
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Log));
        }

        server = await StartAsync();
        Assert.Equal(id, (string)(await NewestAsync("POST /v2/keys"))["key"]!);
        await server.CreateAsync("caller");
        Assert.Equal(last + 1, (long)(await NewestAsync("POST /v2/keys", last))["seq"]!);
    }

    [Fact]
    public async Task Pages_are_bounded_newest_first_and_for_admins()
    {
        for (var i = 0; i < 5; i++)
        {
            await server.CreateAsync("caller");
        }

        var newest = (long)(await NewestAsync("POST /v2/keys", 4))["seq"]!;
        Assert.Equal([newest, newest - 1], (await ReadAsync("?limit=2")).Select(static item => (long)item!["seq"]!));
        Assert.Equal([newest - 2, newest - 3], (await ReadAsync($"?limit=2&before={newest - 1}")).Select(static item => (long)item!["seq"]!));
        foreach (var wrong in (string[])["?limit=0", "?limit=1001", "?limit=x", "?before=-1"])
        {
            Assert.Equal(400, (await server.SendAsync("GET", "/v2/audit" + wrong, AccessServer.AdminKey)).Status);
        }

        Assert.Equal(403, (await server.SendAsync("GET", "/v2/audit", await server.CreateKeyAsync("operator"))).Status);
    }

    [Fact]
    public async Task A_flood_of_refusals_is_counted()
    {
        const int calls = 100;
        for (var i = 0; i < calls; i++)
        {
            Assert.Equal(401, (await server.SendAsync("GET", "/v2/models", "wrong")).Status);
        }

        server.Time.Advance(TimeSpan.FromSeconds(10));
        var counted = await NewestAsync("several");
        Assert.Equal(("anonymous", calls - RefusalLimit.LinesOfOne), ((string)counted["actor"]!, (int)counted["count"]!));
        Assert.Equal(RefusalLimit.LinesOfOne, (await ReadAsync("?limit=1000")).Count(static item => (string)item!["action"]! == "GET /v2/models"));
    }

    [Fact]
    public async Task Files_are_rotated_and_bounded()
    {
        using var file = new AuditFile(Log + ".rotated", 10_000);
        var line = new AuditEvent
        {
            At = DateTimeOffset.UnixEpoch, Actor = new string('a', 1000), From = "", Action = "", Outcome = "done",
        };
        for (var i = 0; i < 200; i++)
        {
            await file.WriteAsync(line with { Sequence = i });
        }

        var files = Directory.GetFiles(folder.FullName, "audit.jsonl.rotated*");
        Assert.Equal(AuditFile.MaxFiles, files.Length);
        Assert.All(files, static path => Assert.InRange(new FileInfo(path).Length, 1, 12_000));
        Assert.Equal(199, file.ReadLast(1).Single().Sequence);
    }

    private Task<AccessServer> StartAsync() => AccessServer.StartAsync(fixture.Silo, fixture.AdminKeyFile, configure: options =>
    {
        fixture.AcceptTokens(options);
        options.AuditFile = Log;
    });

    /// <summary>The newest event of an action, once there is one after a sequence number.</summary>
    private async Task<JsonNode> NewestAsync(string action, long after = 0)
    {
        for (var i = 0; i < 1000; i++)
        {
            if ((await ReadAsync("")).FirstOrDefault(item => (string)item!["action"]! == action && (long)item["seq"]! > after) is { } found)
            {
                return found;
            }
        }

        throw new InvalidOperationException($"no event of '{action}'");
    }

    private async Task<JsonArray> ReadAsync(string query)
    {
        var (status, body, _) = await server.SendAsync("GET", "/v2/audit" + query, AccessServer.AdminKey);
        Assert.True(status == 200, body);
        return JsonNode.Parse(body)!["events"]!.AsArray();
    }
}
