using System.Collections.Concurrent;
using System.Net;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;

namespace Krewe.OneProcess.Tests.Publishing;

/// <summary>A hundred callers publish and delete while the process is killed again and again.</summary>
[Trait("category", "long")]
public sealed class CrashTests : IDisposable
{
    private const int Callers = 100;
    private const int Owned = 20;
    private const int Shared = 5;
    private const int Kills = 12;
    private readonly string root = Directory.CreateTempSubdirectory("krewe-crash-").FullName;
    private readonly byte[][] contents = [.. Enumerable.Range(1, 4).Select(seed => TinyModels.Linear(64, 300, (ulong)seed).ToBytes())];
    private readonly ConcurrentDictionary<HttpStatusCode, int> answers = new();

    /// <summary>What the last call for a version of one caller's own left: the content's number, -1 for none, null where it is not known.</summary>
    private readonly int?[] known = [.. Enumerable.Repeat<int?>(-1, Owned)];

    private readonly ConcurrentQueue<string> faults = new();
    private int lost;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task The_repository_holds_whole_versions_only_and_all_that_was_acknowledged()
    {
        var first = Replay.Seed();
        var random = new Random(first);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var program = await KreweRun.ServeAsync("--models", root, "--http-port", "0", "--log-level", "warning");
            var calls = Enumerable.Range(0, Callers).Select(caller => CallAsync(program.Api, caller, seed: first + (kill * Callers) + caller)).ToList();
            await Task.Delay(random.Next(100, 2000), Token);
            while (answers.GetValueOrDefault(HttpStatusCode.Created) <= kill && calls.Exists(static call => !call.IsCompleted))
            {
                await Task.Delay(20, Token);
            }

            program.Kill();
            await Task.WhenAll(calls);
            foreach (var version in VersionsOnDisk.List(root))
            {
                VersionsOnDisk.AssertWhole(root, version);
            }
        }

        // Kills that hit nothing would say nothing.
        Assert.True(lost >= Kills && answers.GetValueOrDefault(HttpStatusCode.Created) >= Kills, $"{lost} calls lost, {string.Join(", ", answers)}");
        Assert.Empty(faults);
        await CheckAsync();
        TestContext.Current.SendDiagnosticMessage($"{Kills} kills: {lost} calls lost, answers {string.Join(", ", answers)}");
    }

    private async Task CheckAsync()
    {
        await using var program = await KreweRun.ServeAsync("--models", root, "--http-port", "0", "--log-level", "warning");
        await VersionsOnDisk.AssertCleanAsync(root);
        using var client = new HttpClient { BaseAddress = program.Api };
        var versions = VersionsOnDisk.List(root);
        foreach (var version in versions)
        {
            using var answer = await client.PostAsync(
                $"/v2/models/{version.Replace("/", "/versions/", StringComparison.Ordinal)}/infer",
                new StringContent($$"""{"inputs":[{"name":"x","shape":[1,64],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat(1, 64))}}]}]}"""), Token);
            Assert.True(answer.IsSuccessStatusCode, $"{version}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}");
        }

        for (var number = 0; number < Owned; number++)
        {
            if (known[number] is { } content)
            {
                var path = Path.Combine(root, "owned", $"{number + 1}", "model.onnx");
                Assert.True(content < 0 ? !File.Exists(path) : File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(contents[content]), $"owned/{number + 1}, {content}");
            }
        }
    }

    /// <summary>Publishes and deletes until the process is gone: versions of its own, or those that others change as well.</summary>
    private async Task CallAsync(Uri address, int caller, int seed)
    {
        var random = new Random(seed);
        using var client = new HttpClient { BaseAddress = address };
        try
        {
            for (;;)
            {
                await (caller < Owned ? ChangeOwnedAsync(client, caller, random) : ChangeSharedAsync(client, random));
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            Interlocked.Increment(ref lost);
        }
    }

    private async Task ChangeOwnedAsync(HttpClient client, int number, Random random)
    {
        var (path, content) = ($"/v2/repository/models/owned/versions/{number + 1}", random.Next(contents.Length));
        var before = known[number];
        known[number] = null;
        if (before is -1 or null)
        {
            var status = await PutAsync(client, path, content);
            known[number] = status is HttpStatusCode.Created or HttpStatusCode.OK ? content : status == HttpStatusCode.TooManyRequests ? before : null;
            if (status != HttpStatusCode.Conflict)
            {
                return;
            }
        }

        known[number] = await DeleteAsync(client, path) is HttpStatusCode.OK or HttpStatusCode.NotFound ? -1 : null;
    }

    private async Task ChangeSharedAsync(HttpClient client, Random random)
    {
        var path = $"/v2/repository/models/shared/versions/{random.Next(1, Shared + 1)}";
        _ = random.Next(3) == 0 ? await DeleteAsync(client, path) : await PutAsync(client, path, random.Next(contents.Length));
    }

    private async Task<HttpStatusCode> PutAsync(HttpClient client, string path, int content)
    {
        using var body = new ByteArrayContent(contents[content]);
        using var response = await client.PutAsync(path, body, Token);
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            await Task.Delay(50, Token);
        }

        return await CountAsync(response);
    }

    private async Task<HttpStatusCode> DeleteAsync(HttpClient client, string path)
    {
        using var response = await client.DeleteAsync(path, Token);
        return await CountAsync(response);
    }

    private async Task<HttpStatusCode> CountAsync(HttpResponseMessage response)
    {
        answers.AddOrUpdate(response.StatusCode, 1, static (_, count) => count + 1);
        if (response.StatusCode >= HttpStatusCode.InternalServerError)
        {
            faults.Enqueue(await response.Content.ReadAsStringAsync(Token));
        }

        return response.StatusCode;
    }
}
