using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.State;

/// <summary>What ended the process is named at the next start, and nothing else is blamed.</summary>
public sealed class BlameTests : IDisposable
{
    private const int Width = 4;
    private const string Poison = """{"id":"anna","inputs":[{"name":"a","shape":[1],"datatype":"INT64","data":[-9223372036854775808]},{"name":"b","shape":[1],"datatype":"INT64","data":[-1]}]}""";
    private const string Good = """{"inputs":[{"name":"a","shape":[1],"datatype":"INT64","data":[8]},{"name":"b","shape":[1],"datatype":"INT64","data":[2]}]}""";
    private const string Row = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private readonly ModelsFolder models = new();

    public BlameTests() => models.Add("divide", new ModelBuilder("divide").Input("a", TensorType.Int64, "batch").Input("b", TensorType.Int64, "batch")
        .Node("Div", ["a", "b"], "y").Output("y", TensorType.Int64, "batch"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Ends_through_one_model_do_not_quarantine_another_that_is_loading()
    {
        SkipUnlessDivisionTraps();
        models.Add("slow", TinyModels.Slow(1L << 62, Width), """{"isolation": "none"}""");
        for (var end = 0; end < 3; end++)
        {
            await using var dying = await StartAsync(end > 0, "--isolation", "none");
            using var caller = Client(dying);
            (await caller.PostAsync("/v2/models/divide/infer", new StringContent(Good), Token)).EnsureSuccessStatusCode();
            var loading = caller.PostAsync("/v2/models/slow/infer", new StringContent(Row), Token);
            var loads = Path.Combine(models.Path, ".krewe", "loads");
            await UntilAsync(() => Directory.Exists(loads) && Directory.EnumerateFiles(loads).Any(static file => file.Contains("slow", StringComparison.Ordinal)));
            await Task.Delay(300, Token);
            await Assert.ThrowsAsync<HttpRequestException>(() => caller.PostAsync("/v2/models/divide/infer", new StringContent(PoisonOf(end)), Token));
            await Assert.ThrowsAsync<HttpRequestException>(() => loading);
            Assert.NotEqual(0, (await dying.EndAsync()).ExitCode);
        }

        await using var program = await StartAsync(hasEnded: true, "--run-timeout", "1s");
        using var client = Client(program);
        using var refused = await client.PostAsync("/v2/models/slow/infer", new StringContent(Row), Token);
        var text = await refused.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain("quarantine", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("did not finish within 1 s", text, StringComparison.Ordinal);
        var shown = JsonNode.Parse(await client.GetStringAsync("/v2/models/divide/versions/1/config", Token))!["krewe"]!["last_crash"]!.GetValue<string>();
        Assert.Contains("a run of divide/1 (1 request, id 'anna', from 127.0.0.1, input ", shown, StringComparison.Ordinal);
        Assert.Contains("the load of slow/1", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_input_that_ended_the_process_is_refused_after_the_next_starts()
    {
        SkipUnlessDivisionTraps();
        await using (var dying = await StartAsync(hasEnded: false, "--isolation", "none"))
        {
            using var caller = Client(dying);
            (await caller.PostAsync("/v2/models/divide/infer", new StringContent(Good), Token)).EnsureSuccessStatusCode();
            await Assert.ThrowsAsync<HttpRequestException>(() => caller.PostAsync("/v2/models/divide/infer", new StringContent(PoisonOf(0)), Token));
            Assert.NotEqual(0, (await dying.EndAsync()).ExitCode);
        }

        for (var start = 0; start < 2; start++)
        {
            await using var program = await StartAsync(hasEnded: start == 0, "--isolation", "none");
            using var client = Client(program);
            using var refused = await client.PostAsync("/v2/models/divide/infer", new StringContent(PoisonOf(0)), Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains("is refused for 10 min", await refused.Content.ReadAsStringAsync(Token));
            (await client.PostAsync("/v2/models/divide/infer", new StringContent(Good), Token)).EnsureSuccessStatusCode();
            await UntilAsync(() => File.Exists(Path.Combine(models.Path, ".krewe", "models", "divide.json")));
            await program.StopAsync();
        }
    }

    [Fact]
    public async Task An_input_that_ended_a_worker_is_refused_after_a_restart()
    {
        SkipUnlessDivisionTraps();
        for (var start = 0; start < 2; start++)
        {
            await using var program = await StartAsync(hasEnded: false);
            using var client = Client(program);
            using var refused = await client.PostAsync("/v2/models/divide/infer", new StringContent(PoisonOf(0)), Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(start == 0 ? "SIGFPE" : "is refused for 10 min", await refused.Content.ReadAsStringAsync(Token));
            await UntilAsync(() => File.Exists(Path.Combine(models.Path, ".krewe", "models", "divide.json")));
            program.Kill();
        }
    }

    [Fact]
    public async Task A_version_that_ends_its_workers_again_and_again_is_quarantined_after_a_restart_too()
    {
        SkipUnlessDivisionTraps();
        for (var start = 0; start < 2; start++)
        {
            await using var program = await StartAsync(hasEnded: false);
            using var client = Client(program);
            var text = "";
            for (var i = 0; i < 25 && !text.Contains("quarantined", StringComparison.Ordinal); i++)
            {
                await client.PostAsync("/v2/models/divide/infer", new StringContent(Good), Token);
                await client.PostAsync("/v2/models/divide/infer", new StringContent(PoisonOf(i)), Token);
                await Task.Delay(i < 19 ? 0 : 500, Token);
                text = await (await client.PostAsync("/v2/models/divide/infer", new StringContent(Good), Token)).Content.ReadAsStringAsync(Token);
            }

            Assert.Contains("ended its worker process 20 times within 10 min, last by signal 8", text, StringComparison.Ordinal);
            program.Kill();
        }
    }

    [Fact]
    public async Task A_process_that_is_killed_leaves_its_callers_inputs_alone()
    {
        models.Add("plain", TinyModels.Linear());
        await using (var killed = await StartAsync(hasEnded: false))
        {
            using var client = Client(killed);
            var calls = Enumerable.Range(0, 4).Select(_ => CallUntilEndAsync(client)).ToArray();
            await Task.Delay(500, Token);
            killed.Kill();
            await Task.WhenAll(calls);
        }

        await using var program = await StartAsync(hasEnded: false);
        using var again = Client(program);
        (await again.PostAsync("/v2/models/plain/infer", new StringContent(Row), Token)).EnsureSuccessStatusCode();
    }

    private static async Task CallUntilEndAsync(HttpClient client)
    {
        try
        {
            for (;;)
            {
                (await client.PostAsync("/v2/models/plain/infer", new StringContent(Row), Token)).Dispose();
            }
        }
        catch (HttpRequestException)
        {
            // It was killed.
        }
    }

    /// <summary>Inputs that trap, each with its own hash.</summary>
    private static string PoisonOf(int i) => Poison.Replace("\"shape\":[1]", "\"shape\":[2]", StringComparison.Ordinal)
        .Replace("-9223372036854775808]", $"-9223372036854775808,{i}]", StringComparison.Ordinal).Replace("[-1]", "[-1,1]", StringComparison.Ordinal);

    private static void SkipUnlessDivisionTraps() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "integer division traps on x86 processors alone");

    private static HttpClient Client(ProgramProcess program) => new() { BaseAddress = program.Api };

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(50, Token))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "waited too long");
        }
    }

    private async Task<ProgramProcess> StartAsync(bool hasEnded, params string[] options)
    {
        var program = await KreweRun.ServeAsync(["--models", models.Path, "--http-port", "0", .. options]);
        program.ExpectedError = hasEnded ? "A process ended during" : null;
        return program;
    }
}
