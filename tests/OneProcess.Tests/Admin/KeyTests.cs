using System.Net;
using System.Text;
using Krewe.OneProcess.Tests.Start;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Admin;

/// <summary>API keys as people use them: the program, the command, and a restart.</summary>
public sealed class KeyTests : IDisposable
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private readonly ModelFolder models = new();
    private readonly HttpClient client = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string AdminKeyFile => Path.Combine(models.Root, ".krewe", "admin-key");

    public void Dispose()
    {
        client.Dispose();
        models.Dispose();
    }

    [Fact]
    public async Task A_key_is_made_used_kept_and_revoked()
    {
        string key, id;
        await using (var program = await ServeAsync())
        {
            Assert.Contains(program.Output, line => line == $"Callers need API keys; an admin key is in {AdminKeyFile}");
            Assert.Equal(HttpStatusCode.Unauthorized, await InferAsync(program, null));
            var made = await CommandAsync(program, "create", "--tenant", "acme", "--role", "caller", "--models", "lin*");
            Assert.True(made.ExitCode == 0, made.Error);
            key = made.Output.Trim();
            id = key.Split('_')[1];
            Assert.Equal(HttpStatusCode.OK, await InferAsync(program, key));
            Assert.Equal(HttpStatusCode.NotFound, await InferAsync(program, key, "broken"));
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(program.Admin, "/dashboard/", null));
            Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(program.Admin, "/metrics", key));
            Assert.Equal(HttpStatusCode.OK, await GetAsync(program.Admin, "/metrics", await File.ReadAllTextAsync(AdminKeyFile, Token)));
            Assert.Equal(HttpStatusCode.OK, await GetAsync(program.Admin, "/v2/health/ready", null));
        }

        await using var again = await ServeAsync();
        Assert.Equal(HttpStatusCode.OK, await InferAsync(again, key));
        var listed = await CommandAsync(again, "list");
        Assert.Contains($"{{\"id\":\"{id}\",\"tenant\":\"acme\",\"role\":\"caller\",\"models\":[\"lin*\"]", listed.Output);
        Assert.DoesNotContain(key, listed.Output);
        var rotated = await CommandAsync(again, "rotate", id, "--overlap", "0s");
        Assert.True(rotated.ExitCode == 0, rotated.Error);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await InferAsync(again, key), await InferAsync(again, rotated.Output.Trim())));
        Assert.Equal(0, (await CommandAsync(again, "revoke", id)).ExitCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await InferAsync(again, rotated.Output.Trim()));
        var missing = await CommandAsync(again, "revoke", id);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains($"there is no key '{id}'", missing.Error);
    }

    [Fact]
    public async Task No_secret_is_printed_logged_or_stored()
    {
        string key, log;
        await using (var program = await ServeAsync("--log-level", "debug"))
        {
            key = (await CommandAsync(program, "create", "--tenant", "acme", "--role", "operator", "--models", "*")).Output.Trim();
            Assert.Equal(HttpStatusCode.OK, await InferAsync(program, key));
            Assert.Equal(HttpStatusCode.OK, await GetAsync(program.Admin, "/metrics", key));
            log = string.Join('\n', program.Log.Concat(program.Output));
        }

        var admin = (await File.ReadAllLinesAsync(AdminKeyFile, Token))[0];
        var stored = string.Join('\n', Directory.EnumerateFiles(Path.Combine(models.Root, ".krewe"), "*.json*", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.Contains("\"tenant\": \"acme\"", stored);
        Assert.Contains("\"actor\":\"admin-key-file\"", stored);
        foreach (var secret in new[] { key, admin })
        {
            Assert.Equal(58, secret.Length);
            Assert.DoesNotContain(secret[15..], log + stored);
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AdminKeyFile));
        }
    }

    private Task<ProgramProcess> ServeAsync(params string[] more) =>
        KreweRun.ServeAsync(["--models", models.Root, "--http-port", "0", "--auth", "keys", .. more]);

    private async Task<ProgramEnd> CommandAsync(ProgramProcess program, params string[] arguments) => await ProgramProcess.RunAsync(
        [Path.Combine(Clone.Root, "krewe"), "key", .. arguments, "--url", $"{program.Api}", "--admin-key-file", AdminKeyFile]);

    private async Task<HttpStatusCode> InferAsync(ProgramProcess program, string? key, string model = "linear")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(program.Api, $"/v2/models/{model}/infer"))
        {
            Content = new StringContent(Body, Encoding.UTF8),
        };
        return await SendAsync(request, key);
    }

    private async Task<HttpStatusCode> GetAsync(Uri address, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, path));
        return await SendAsync(request, key);
    }

    private async Task<HttpStatusCode> SendAsync(HttpRequestMessage request, string? key)
    {
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key.Trim());
        }

        using var answer = await client.SendAsync(request, Token);
        return answer.StatusCode;
    }
}
