using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;

namespace Krewe.OneProcess.Tests.State;

/// <summary>What was decided is in force after the next start, whatever ended the process before.</summary>
public sealed class DecisionTests : IDisposable
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private readonly ModelsFolder models = new();

    public DecisionTests()
    {
        for (var version = 1; version <= 3; version++)
        {
            models.Add("m", version, TinyModels.Linear(seed: (ulong)version).ToBytes());
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Decisions => Path.Combine(models.Path, ".krewe", "models", "m.json");

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task An_alias_and_an_unload_outlive_the_process()
    {
        await using (var first = await StartAsync())
        {
            using var client = Client(first);
            await OkAsync(client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "2"}"""), Token));
            await OkAsync(client.PostAsync("/v2/repository/models/m/versions/3/unload", null, Token));
            Assert.Equal("2", await CallAsync(client));
            first.Kill();
        }

        await using var second = await StartAsync();
        using var again = Client(second);
        Assert.Equal("2", await CallAsync(again));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await again.PostAsync("/v2/models/m/versions/3/infer", new StringContent(Body), Token)).StatusCode);
        await OkAsync(again.PostAsync("/v2/repository/models/m/versions/3/load", null, Token));
        await OkAsync(again.PostAsync("/v2/models/m/versions/3/infer", new StringContent(Body), Token));
    }

    [Fact]
    public async Task What_an_earlier_krewe_kept_is_in_force()
    {
        var author = new ChangeAuthor("anna", "the better one", new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));
        var traffic = AliasChanges.Set(ModelTraffic.None, ModelTraffic.Prod, new Abstractions.Models.ModelVersion(1), author);
        Directory.CreateDirectory(Path.Combine(models.Path, ".krewe", "traffic"));
        await File.WriteAllBytesAsync(Path.Combine(models.Path, ".krewe", "traffic", "m.json"), TrafficJson.Write(traffic), Token);

        await using var program = await StartAsync();
        using var client = Client(program);

        Assert.Equal("1", await CallAsync(client));
        Assert.Contains("the better one", await client.GetStringAsync("/v2/models/m/history", Token));
        await OkAsync(client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "2"}"""), Token));
        Assert.Equal("2", await CallAsync(client));
        Assert.True(File.Exists(Decisions));
    }

    [Fact]
    public async Task What_cannot_be_read_refuses_calls_without_a_number_until_it_is_mended()
    {
        models.Add("other", TinyModels.Linear());
        await using (var first = await StartAsync())
        {
            using var client = Client(first);
            await OkAsync(client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "2"}"""), Token));
        }

        var whole = await File.ReadAllTextAsync(Decisions, Token);
        await File.WriteAllTextAsync(Decisions, whole[..^20], Token);
        await using var program = await StartAsync();
        using var again = Client(program);
        using var refused = await again.PostAsync("/v2/models/m/infer", new StringContent(Body), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Contains("cannot be read", await refused.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await again.GetAsync("/v2/models/m", Token)).StatusCode);
        await OkAsync(again.PostAsync("/v2/models/m/versions/1/infer", new StringContent(Body), Token));
        await OkAsync(again.PostAsync("/v2/models/other/infer", new StringContent(Body), Token));
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await again.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "3"}"""), Token)).StatusCode);

        await File.WriteAllTextAsync(Decisions, whole, Token);
        Assert.Equal("2", await UntilServedAsync(again));
        program.Signal(Posix.Sigterm);
        Assert.Contains(Decisions, (await program.EndAsync()).Error);
    }

    [Fact]
    public async Task Decisions_that_were_removed_are_as_none()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Decisions)!);
        await File.WriteAllTextAsync(Decisions, "{", Token);
        await using var program = await StartAsync();
        program.ExpectedError = "failed to read its stored routes";
        using var client = Client(program);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.PostAsync("/v2/models/m/infer", new StringContent(Body), Token)).StatusCode);

        File.Delete(Decisions);

        Assert.Equal("3", await UntilServedAsync(client));
        await OkAsync(client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "1"}"""), Token));
        Assert.Equal("1", await CallAsync(client));
    }

    [Fact]
    public async Task Of_two_processes_on_one_folder_the_second_follows_and_changes_nothing()
    {
        await using var first = await StartAsync();
        using var client = Client(first);
        await OkAsync(client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "2"}"""), Token));

        await using var second = await StartAsync();
        using var other = Client(second);

        Assert.Equal("2", await CallAsync(other));
        using var refused = await other.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "1"}"""), Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("another process stores its decisions", await refused.Content.ReadAsStringAsync(Token));
        Assert.Equal("2", await CallAsync(other));
    }

    [Fact]
    public async Task A_folder_where_nothing_can_be_written_is_served_and_refuses_decisions()
    {
        // A file where the folder should be: nobody can write there, whoever runs this test.
        await File.WriteAllTextAsync(Path.Combine(models.Path, ".krewe"), "", Token);
        await using var program = await StartAsync();
        program.ExpectedError = "Failed to store a change";
        using var client = Client(program);

        Assert.Equal("3", await CallAsync(client));
        using var refused = await client.PutAsync("/v2/models/m/aliases/prod", new StringContent("""{"version": "1"}"""), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("--state selects another folder", await refused.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_version_whose_load_ends_the_process_twice_is_quarantined_until_an_operator_clears_it()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the model ends the process on x86 processors alone");
        models.Add("lethal", TinyModels.Lethal());
        const string one = """{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[1]}]}""";
        for (var death = 0; death < 2; death++)
        {
            await using var dying = await StartAsync("--isolation", "none");
            using var caller = Client(dying);
            await Assert.ThrowsAsync<HttpRequestException>(() => caller.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token));
            Assert.NotEqual(0, (await dying.EndAsync()).ExitCode);
        }

        await using (var third = await StartAsync("--isolation", "none"))
        {
            third.ExpectedError = "A process ended during the load of lethal/1";
            using var client = Client(third);
            using var refused = await client.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("quarantine", await refused.Content.ReadAsStringAsync(Token));
            Assert.Equal("3", await CallAsync(client));
        }

        models.Replace("lethal", 1, TinyModels.Identity(TensorType.Int64, 1).ToBytes());
        await using var last = await StartAsync("--isolation", "none");
        using var again = Client(last);
        await UntilAsync(async () => (await again.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token)).StatusCode != HttpStatusCode.NotFound);
        Assert.Contains("quarantine", await (await again.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token)).Content.ReadAsStringAsync(Token));
        await OkAsync(again.PostAsync("/v2/repository/models/lethal/versions/1/quarantine/clear", null, Token));
        await OkAsync(again.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token));
    }

    [Fact]
    public async Task What_ended_the_process_while_it_loaded_is_tried_by_a_worker_process_from_then_on()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the model ends the process on x86 processors alone");
        models.Add("lethal", TinyModels.Lethal(), """{"isolation": "none"}""");
        const string one = """{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[1]}]}""";
        await using (var dying = await StartAsync())
        {
            using var caller = Client(dying);
            await Assert.ThrowsAsync<HttpRequestException>(() => caller.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token));
            Assert.NotEqual(0, (await dying.EndAsync()).ExitCode);
        }

        await using var second = await StartAsync();
        second.ExpectedError = "A process ended during the load of lethal/1";
        using var client = Client(second);
        for (var i = 0; i < 3; i++)
        {
            using var refused = await client.PostAsync("/v2/models/lethal/infer", new StringContent(one), Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("opening it ended its worker process: signal 8", await refused.Content.ReadAsStringAsync(Token));
        }
    }

    private static HttpClient Client(ProgramProcess program) => new() { BaseAddress = program.Api };

    private static async Task OkAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}");
    }

    /// <summary>The version that answers a call which names none.</summary>
    private static async Task<string> CallAsync(HttpClient client)
    {
        using var answer = await client.PostAsync("/v2/models/m/infer", new StringContent(Body), Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {text}");
        return JsonNode.Parse(text)!["model_version"]!.GetValue<string>();
    }

    private static async Task<string> UntilServedAsync(HttpClient client)
    {
        await UntilAsync(async () => (await client.PostAsync("/v2/models/m/infer", new StringContent(Body), Token)).StatusCode != HttpStatusCode.ServiceUnavailable);
        return await CallAsync(client);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(50, Token))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "waited too long");
        }
    }

    private Task<ProgramProcess> StartAsync(params string[] options) => KreweRun.ServeAsync(["--models", models.Path, "--http-port", "0", .. options]);
}
