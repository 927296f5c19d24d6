using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Memory;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Hosting;

public sealed class LifeTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    [Fact]
    public async Task A_bad_model_is_listed_with_its_reason_and_hurts_no_other()
    {
        await using var serving = new ServingFixture();
        serving.Add("good", 1, TinyModels.Linear());
        serving.Add("bad", 1, TinyModels.UnknownOperator());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("bad", Row));
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
        (await serving.InferAsync("good", Row)).Dispose();

        var states = await serving.Host.ListAsync(default);
        Assert.Equal([VersionState.Failed, VersionState.Ready], states.Select(state => state.State));
        Assert.NotEmpty(states[0].Reason);
        Assert.False(await serving.Host.IsReadyAsync(ModelReference.Parse("bad"), default));
    }

    [Fact]
    public async Task A_failed_load_is_not_repeated_on_every_call()
    {
        await using var serving = new ServingFixture();
        serving.Add("bad", 1, TinyModels.UnknownOperator());
        await serving.StartAsync();

        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("bad", Row));
        }

        Assert.Single(serving.Log.Lines, line => line.Contains("Failed to load", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_caller_who_names_no_version_gets_the_newest_that_loads()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        serving.Add("m", 2, TinyModels.Linear());
        serving.Add("m", 3, TinyModels.UnknownOperator());
        await serving.StartAsync();

        using var first = await serving.InferAsync("m", Row);
        using var second = await serving.InferAsync("m", Row);
        using var old = await serving.InferAsync("m", 1, Row);

        Assert.Equal([2L, 2L, 1L], new[] { first, second, old }.Select(answer => answer.Model.Version.Number));
        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", 3, Row));
        var missing = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", 4, Row));
        Assert.Equal(KreweErrorCode.VersionNotFound, missing.Code);
    }

    [Fact]
    public async Task Unloaded_stays_out_until_loaded()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        var model = ModelReference.Parse("m");
        (await serving.InferAsync("m", Row)).Dispose();

        await serving.Host.UnloadAsync(model, default);
        Assert.Equal(VersionState.Unloaded, (await serving.Host.ListAsync(default)).Single().State);
        Assert.Equal(0, serving.Get<MemoryBudget>().AccountedBytes);
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);

        await serving.Host.LoadAsync(model, default);
        Assert.Equal(VersionState.Ready, (await serving.Host.ListAsync(default)).Single().State);
        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task Unloaded_stays_out_when_its_settings_change()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        await serving.Host.UnloadAsync(ModelReference.Parse("m"), default);
        var before = serving.Get<ServedModels>().Find(ModelName.Parse("m"));

        serving.Add("m", 1, TinyModels.Linear(), """{"maxQueueLength": 7}""");
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().Find(ModelName.Parse("m")).Versions[0].Artifact.Manifest.MaxQueueLength == 7);

        Assert.NotSame(before.Versions[0], serving.Get<ServedModels>().Find(ModelName.Parse("m")).Versions[0]);
        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));
        await serving.Host.LoadAsync(ModelReference.Parse("m"), default);
        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task Unload_waits_for_the_calls_under_way()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand());
        await serving.StartAsync();
        (await serving.InferAsync("slow", Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], 1))).Dispose();
        var calls = Enumerable.Range(0, 4).Select(_ => serving.InferAsync("slow", Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], 20_000))).ToArray();

        await serving.Host.UnloadAsync(ModelReference.Parse("slow"), default);

        Assert.All(calls, call => Assert.True(call.IsCompletedSuccessfully || !call.IsFaulted));
        foreach (var answer in await Task.WhenAll(calls))
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task An_idle_version_is_evicted_and_loaded_again()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync(options => options.IdleTime = TimeSpan.FromMilliseconds(50));
        (await serving.InferAsync("m", Row)).Dispose();

        await ServingFixture.UntilAsync(() => serving.Get<MemoryBudget>().ResidentCount == 0);
        var status = (await serving.Host.ListAsync(default)).Single();
        Assert.Equal((VersionState.Absent, ""), (status.State, status.Reason));
        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task Versions_are_added_changed_and_removed_without_a_failed_call()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(seed: 1));
        await serving.StartAsync();
        using var stop = new CancellationTokenSource();
        var seen = new HashSet<long>();
        var caller = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await serving.InferAsync("m", Row);
                lock (seen)
                {
                    seen.Add(answer.Model.Version.Number);
                }
            }
        });

        for (var version = 2; version <= 5; version++)
        {
            var wanted = version;
            serving.Add("m", version, TinyModels.Linear(seed: (ulong)version));
            await ServingFixture.UntilAsync(() =>
            {
                lock (seen)
                {
                    return caller.IsCompleted || seen.Contains(wanted);
                }
            });
            serving.Remove("m", version - 1);
        }

        await stop.CancelAsync();
        await caller;
        await ServingFixture.UntilAsync(() => serving.Get<MemoryBudget>().ResidentCount == 1);
    }

    [Fact]
    public async Task A_changed_file_is_served_after_the_change()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(seed: 1));
        await serving.StartAsync();
        using var before = await serving.InferAsync("m", Row);
        var was = before.Outputs[0].ToFloats();

        serving.Add("m", 1, TinyModels.Linear(seed: 2));

        float[] now = was;
        while (now.SequenceEqual(was))
        {
            using var answer = await serving.InferAsync("m", Row);
            now = answer.Outputs[0].ToFloats();
        }
    }
}
