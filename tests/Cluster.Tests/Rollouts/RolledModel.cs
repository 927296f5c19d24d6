using System.Text;
using System.Text.Json;
using Krewe.Onnx.Tiny;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>A model of two versions, and what operators do with it over HTTP.</summary>
internal sealed class RolledModel(TestCluster cluster) : IDisposable
{
    public const string Name = "m";
    private readonly HttpClient client = cluster.CreateClient();

    public static ModelsFolder CreateFolder()
    {
        var models = new ModelsFolder();
        models.Add(Name, 1, TinyModels.Linear().ToBytes());
        models.Add(Name, 2, TinyModels.Linear().ToBytes());
        return models;
    }

    /// <summary>The body of a canary with short steps, watched for errors alone: how long calls take here, where silos are killed, says nothing.</summary>
    public static string Canary(int version) => $$$"""
        {"strategy":"canary","version":{{{version}}},"steps":[5,25,50,100],"dwell_seconds":1,"min_requests":20,"keep_warm_seconds":1,
         "guards":{"max_p50_ratio":null,"max_p99_ratio":null},"reason":"test"}
        """;

    public Task<JsonElement> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body);

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>False where it contradicts what there is.</summary>
    public async Task<bool> TryPatchAsync(string path, string body)
    {
        var (status, text) = await AskAsync(HttpMethod.Patch, path, body);
        Assert.True(status is 200 or 409, $"PATCH {path}: {status} {text}");
        return status == 200;
    }

    /// <summary>The history, oldest first: revision and what was done.</summary>
    public async Task<string[]> HistoryAsync() =>
    [
        .. (await GetAsync("history?limit=500")).GetProperty("history").EnumerateArray().Reverse()
            .Select(static entry => $"{entry.GetProperty("revision").GetInt64()} {entry.GetProperty("at").GetString()} {entry.GetProperty("what").GetString()}"),
    ];

    /// <summary>The number of calls that a version answered well.</summary>
    public async Task<long> CountAnswersAsync(int version)
    {
        using var answer = await client.GetAsync(new Uri($"/v2/models/{Name}/versions/{version}/stats", UriKind.Relative), TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.GetProperty("model_stats")[0].GetProperty("inference_stats").GetProperty("success").GetProperty("count").GetInt64();
    }

    public void Dispose() => client.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body)
    {
        var (status, text) = await AskAsync(method, path, body);
        Assert.True(status is >= 200 and < 300, $"{method} {path}: {status} {text}");
        using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return document.RootElement.Clone();
    }

    private async Task<(int Status, string Text)> AskAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/v2/models/{Name}/{path}", UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
