using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;

namespace Krewe.OneProcess.Tests.Rollouts;

/// <summary>
/// The program is killed at any moment while rollouts are under way, and goes on from what it said last. A kill in the middle of a load counts against
/// the version, as any end of the process does: somebody clears what comes of two.
/// </summary>
[Trait("category", "long")]
public sealed class KilledRolloutTests : IDisposable
{
    private const int Kills = 25;
    private const int Versions = 3;

    // The history keeps 500 changes, those among them that the program itself makes.
    private const int MostChanges = 250;
    private readonly string root = Directory.CreateTempSubdirectory("krewe-killed-").FullName;
    private readonly ConcurrentQueue<string> acknowledged = new();
    private readonly Random random = Replay.Random();
    private int changes;
    private int stable = 1;
    private int ended;

    public KilledRolloutTests()
    {
        for (var version = 1; version <= Versions; version++)
        {
            var file = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "m", $"{version}")).FullName, "model.onnx");
            File.WriteAllBytes(file, TinyModels.Linear(seed: (ulong)version).ToBytes());
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_rollouts_go_on_to_their_end()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            var stored = StateOnDisk.Read(root, "m");
            await using var program = await StartAsync();
            using var client = new HttpClient { BaseAddress = program.Api };
            await CheckAsync(client, stored);
            using var stop = new CancellationTokenSource();
            var calls = Task.WhenAll(CallAsync(client, stop.Token), CallAsync(client, stop.Token), DecideAsync(client, stop.Token));
            await Task.Delay(random.Next(50, 2_500), Token);
            program.Kill();
            await stop.CancelAsync();
            await calls;
        }

        await FinishAsync(StateOnDisk.Read(root, "m"));
        Assert.True(ended >= 3, $"only {ended} rollouts came to an end: the kills hit none");
        TestContext.Current.SendDiagnosticMessage($"{Kills} kills: {acknowledged.Count} of {changes} changes acknowledged, {ended} rollouts ended");
    }

    private Task<ProgramProcess> StartAsync() => KreweRun.ServeAsync("--models", root, "--http-port", "0", "--log-level", "warning");

    /// <summary>Without anybody's help, but for calls.</summary>
    private async Task FinishAsync(StateOnDisk stored)
    {
        await using var program = await StartAsync();
        using var client = new HttpClient { BaseAddress = program.Api };
        await CheckAsync(client, stored);
        using var stop = new CancellationTokenSource();
        var calls = CallAsync(client, stop.Token);
        while (await GetRolloutAsync(client) is { } rollout && !HasEnded(rollout))
        {
            await Task.Delay(50, Token);
        }

        await stop.CancelAsync();
        await calls;
        program.Signal(Posix.Sigterm);
        Assert.Equal(0, (await program.EndAsync()).ExitCode);
    }

    /// <summary>What the program says after a restart is what was on disk, or what it has done about it since.</summary>
    private async Task CheckAsync(HttpClient client, StateOnDisk stored)
    {
        using var history = JsonDocument.Parse(await client.GetStringAsync("/v2/models/m/history?limit=500", Token));
        var entries = history.RootElement.GetProperty("history").EnumerateArray().ToArray();
        var reasons = entries.Select(entry => entry.GetProperty("why").GetString()!).ToHashSet();
        Assert.All(acknowledged, reason => Assert.Contains(reason, reasons));
        Assert.Equal(Enumerable.Range(1, entries.Length).Reverse(), entries.Select(entry => entry.GetProperty("revision").GetInt32()));
        Assert.True(entries.Length >= stored.Traffic.Revision);
        if (stored.Traffic.Rollout is { } before)
        {
            using var now = JsonDocument.Parse(await client.GetStringAsync("/v2/models/m/rollout", Token));
            Assert.Equal(before.Id, now.RootElement.GetProperty("id").GetString());
            Assert.True(Progress(now.RootElement) >= Progress(before), $"{before.Phase} became {now.RootElement.GetProperty("phase")}");
            AssertCounted(stored.Counts, now.RootElement);
        }
    }

    private static void AssertCounted(RolloutCounts stored, JsonElement rollout)
    {
        var now = rollout.GetProperty("counts").EnumerateArray().ToDictionary(step => step.GetProperty("step").GetInt32() - 1);
        foreach (var (step, counts) in stored.Rollout == rollout.GetProperty("id").GetString() ? stored.Steps : RolloutCounts.None.Steps)
        {
            Assert.InRange(now[step].GetProperty("serving").GetProperty("requests").GetInt64(), counts.Serving.Requests, long.MaxValue);
            Assert.InRange(now[step].GetProperty("canary").GetProperty("requests").GetInt64(), counts.Canary.Requests, long.MaxValue);
        }
    }

    /// <summary>Begins a rollout wherever none is under way, moves an alias, and seldom aborts; each with a reason of its own.</summary>
    private async Task DecideAsync(HttpClient client, CancellationToken stop)
    {
        try
        {
            stable = await ReadStableAsync(client, stop);
            while (!stop.IsCancellationRequested && changes < MostChanges)
            {
                var rollout = await GetRolloutAsync(client);
                if (rollout is { } last && !HasEnded(last))
                {
                    await (random.Next(40) == 0
                        ? ChangeAsync(client, HttpMethod.Patch, "rollout", """ "action": "abort" """, stop)
                        : ChangeAsync(client, HttpMethod.Put, "aliases/stable", $""" "version": "{stable = (stable % Versions) + 1}" """, stop));
                }
                else
                {
                    ended += rollout is null ? 0 : 1;
                    await ChangeAsync(client, HttpMethod.Put, "rollout", PlanFor((ServingOf(rollout) % Versions) + 1), stop);
                }

                await Task.Delay(random.Next(50, 300), stop);
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            // Killed.
        }
    }

    private async Task ChangeAsync(HttpClient client, HttpMethod method, string path, string members, CancellationToken stop)
    {
        var reason = $"change {++changes}";
        using var request = new HttpRequestMessage(method, $"/v2/models/m/{path}")
        {
            Content = new StringContent($$"""{ {{members}}, "reason": "{{reason}}" }"""),
        };
        using var response = await client.SendAsync(request, stop);
        var answer = await response.Content.ReadAsStringAsync(stop);

        // A rollout that is to be aborted may have ended meanwhile.
        Assert.True(response.IsSuccessStatusCode || (int)response.StatusCode == 409, $"{reason} {members}: {response.StatusCode} {answer}");
        if (response.IsSuccessStatusCode)
        {
            acknowledged.Enqueue(reason);
        }
    }

    private static async Task CallAsync(HttpClient client, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await client.PostAsync(
                    "/v2/models/m/infer", new StringContent("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""), stop);
                var text = await answer.Content.ReadAsStringAsync(stop);
                if (text.Contains("quarantined", StringComparison.Ordinal))
                {
                    using var cleared = await client.PostAsync("/v2/repository/models/m/quarantine/clear", null, stop);
                    Assert.True(cleared.IsSuccessStatusCode, $"{cleared.StatusCode}");
                    continue;
                }

                Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {text}");
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            // Killed.
        }
    }

    private static async Task<JsonElement?> GetRolloutAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/v2/models/m/rollout", Token);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>(Token) : null;
    }

    /// <summary>What the alias means now: whether the last change before a kill was made is not known otherwise.</summary>
    private static async Task<int> ReadStableAsync(HttpClient client, CancellationToken stop)
    {
        var aliases = (await client.GetFromJsonAsync<JsonElement>("/v2/models/m/aliases", stop)).GetProperty("aliases");
        return aliases.TryGetProperty("stable", out var alias) ? int.Parse(alias.GetProperty("version").GetString()!, CultureInfo.InvariantCulture) : Versions;
    }

    private static int ServingOf(JsonElement? rollout) => rollout is not { } last ? Versions
        : int.Parse(last.GetProperty(last.GetProperty("phase").GetString() == "PROMOTED" ? "version" : "from").GetString()!, CultureInfo.InvariantCulture);

    private static string PlanFor(int version) =>
        $$"""
        "strategy": "canary", "version": "{{version}}", "steps": [10, 50, 100], "dwell_seconds": 0.2, "min_requests": 5, "keep_warm_seconds": 0.2,
        "guards": {"max_error_rate_increase": null, "max_p50_ratio": null, "max_p99_ratio": null}
        """;

    private static bool HasEnded(JsonElement rollout) => rollout.GetProperty("phase").GetString() is "PROMOTED" or "ROLLED_BACK" or "ABORTED";

    // Steps, then what comes behind them; an end of any kind is furthest.
    private static int Progress(Rollout rollout) => rollout.Phase.IsUnderWay() ? rollout.Step : int.MaxValue;

    private static int Progress(JsonElement rollout) => HasEnded(rollout) ? int.MaxValue
        : rollout.GetProperty("step") is { ValueKind: JsonValueKind.Object } step ? step.GetProperty("number").GetInt32() - 1
        : rollout.GetProperty("phase").GetString() == "WARMING" ? Rollout.WarmingStep
        : rollout.GetProperty("plan").GetProperty("steps").GetArrayLength();
}
