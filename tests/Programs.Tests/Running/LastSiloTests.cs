using System.Net;
using System.Text;
using Krewe.Processes;
using Krewe.TestDatabase;

namespace Krewe.Programs.Tests.Running;

/// <summary>A gateway whose last silo has died: every endpoint answers, and none with 500.</summary>
public sealed class LastSiloTests(SharedServer shared) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly ModelFolder models = new();

    private static (HttpMethod Method, string Path, string? Body)[] Requests =>
    [
        (HttpMethod.Get, "/metrics", null), (HttpMethod.Get, "/v2/cluster", null), (HttpMethod.Get, "/v2/models", null),
        (HttpMethod.Get, "/v2/models/stats", null), (HttpMethod.Get, "/v2/models/linear", null),
        (HttpMethod.Get, "/v2/models/linear/config", null), (HttpMethod.Get, "/v2/models/linear/ready", null),
        (HttpMethod.Get, "/v2/models/linear/stats", null), (HttpMethod.Get, "/v2/models/linear/rollout", null),
        (HttpMethod.Get, "/v2/models/linear/aliases", null), (HttpMethod.Get, "/v2/models/linear/history", null),
        (HttpMethod.Get, "/v1/models/linear", null), (HttpMethod.Post, "/v2/repository/index", "{}"),
        (HttpMethod.Post, "/v2/repository/models/linear/load", "{}"), (HttpMethod.Post, "/v2/repository/models/linear/unload", "{}"),
        (HttpMethod.Post, "/v2/repository/models/linear/quarantine/clear", "{}"),
        (HttpMethod.Put, "/v2/models/linear/rollout", """{"strategy":"blue_green","version":"1"}"""),
        (HttpMethod.Patch, "/v2/models/linear/rollout", """{"action":"pause"}"""), (HttpMethod.Delete, "/v2/models/linear/rollout", null),
        (HttpMethod.Put, "/v2/models/linear/aliases/a", """{"version":"1"}"""), (HttpMethod.Delete, "/v2/models/linear/aliases/a", null),
        (HttpMethod.Put, "/v2/repository/models/linear/versions/2", "no model"),
        (HttpMethod.Delete, "/v2/repository/models/linear/versions/3", null),
        (HttpMethod.Post, "/v2/models/linear/infer", """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Without_silos_a_gateway_answers_503_with_a_reason_and_never_500()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var gateway = ProgramProcess.Start("Gateway", ["--database", database, "--http-port", "0"]);
        await using (var silo = ProgramProcess.Start(
            "Silo", ["--database", database, "--models", models.Root, "--silo-port", "0", "--client-port", "0", "--admin-port", "0"]))
        {
            await Task.WhenAll(silo.WaitUntilReadyAsync(), gateway.WaitUntilReadyAsync());
            await Calls.WaitForReadinessAsync(gateway.Api, "true");
            silo.Kill();
        }

        using var client = new HttpClient { BaseAddress = gateway.Api, Timeout = Limit };
        using var gone = new CancellationTokenSource(Limit);
        var asking = Requests.Select(request => AskAsync(client, request, gone.Token)).ToArray();
        await Calls.WaitForReadinessAsync(gateway.Api, "no silo that hosts models can be reached");
        await gone.CancelAsync();
        foreach (var (answers, (method, path, _)) in (await Task.WhenAll(asking)).Zip(Requests))
        {
            Assert.All(answers, answer => Assert.True(answer.Status != HttpStatusCode.InternalServerError, $"{method} {path}: {answer.Text}"));
            Assert.True(
                path is "/metrics" or "/v2/cluster" || answers[^1] is (HttpStatusCode.ServiceUnavailable, var text) && text.Contains("silo"),
                $"{method} {path}: {answers[^1]}");
        }
    }

    /// <summary>Asks until there is no silo, and once more.</summary>
    private static async Task<List<(HttpStatusCode Status, string Text)>> AskAsync(
        HttpClient client, (HttpMethod Method, string Path, string? Body) request, CancellationToken gone)
    {
        List<(HttpStatusCode, string)> answers = [];
        for (var isLast = false; !isLast;)
        {
            isLast = gone.IsCancellationRequested;
            using var message = new HttpRequestMessage(request.Method, request.Path);
            message.Content = request.Body is null ? null : new StringContent(
                request.Body, Encoding.UTF8, request.Body[0] == '{' ? "application/json" : "application/octet-stream");
            using var answer = await client.SendAsync(message, Token);
            answers.Add((answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        }

        return answers;
    }
}
