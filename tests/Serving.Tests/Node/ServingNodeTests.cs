using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Execution;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Serving.Tests.Node;

public sealed class ServingNodeTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_catalog_describes_the_versions()
    {
        await using var serving = new ServingFixture();
        serving.Add("b", 1, TinyModels.Linear(), """{"replicas": {"min": 2, "max": 5}, "executionProvider": "cpu", "executionProviderRequired": true}""");
        serving.Add("a", 1, TinyModels.Linear());
        serving.Add("a", 3, TinyModels.Linear());
        serving.Add("c", 1, TinyModels.Linear(), "{ not JSON");
        await serving.StartAsync();

        var catalog = serving.Node.ReadCatalog();

        Assert.Equal(["a/1", "a/3", "b/1", "c/1"], catalog.Select(entry => $"{entry.Name}/{entry.Version}"));
        Assert.Equal([(0, 1), (0, 1), (2, 5)], catalog.Take(3).Select(entry => (entry.Replicas.Min, entry.Replicas.Max)));
        Assert.Equal((ExecutionProvider.Cpu, ExecutionProvider.Cpu), (catalog[2].PreferredProvider, catalog[2].RequiredProvider));
        Assert.All(catalog.Take(3), entry => Assert.Equal("", entry.Error));
        Assert.All(catalog.Take(3), entry => Assert.InRange(entry.EstimatedBytes, new FileInfo(serving.PathOf("a", 1)).Length, 1 << 20));
        Assert.NotEqual("", catalog[3].Error);
        Assert.Equal(catalog[1], serving.Node.Find(Id("a", 3)));
        Assert.Null(serving.Node.Find(Id("a", 2)));
        Assert.Contains(ExecutionProvider.Cpu, serving.Node.Providers);
    }

    [Fact]
    public async Task A_load_replaces_the_estimate_by_what_was_measured()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();

        (await serving.InferAsync("m", Row)).Dispose();
        var held = serving.Get<ServedModels>().Find(Id("m", 1))!.Loaded!.MemoryBytes;
        await serving.Node.ReleaseAsync(Id("m", 1), Cancel);

        Assert.Equal(held, serving.Node.Find(Id("m", 1))!.EstimatedBytes);
    }

    [Fact]
    public async Task The_sequence_grows_with_the_repository_and_with_failures_only()
    {
        await using var serving = new ServingFixture();
        serving.Add("good", 1, TinyModels.Linear());
        serving.Add("bad", 1, TinyModels.UnknownOperator());
        await serving.StartAsync();
        var start = serving.Node.CatalogSequence;

        (await serving.InferAsync("good", Row)).Dispose();
        Assert.Equal(start, serving.Node.CatalogSequence);

        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("bad", Row));
        var failed = serving.Node.CatalogSequence;
        Assert.True(failed > start);
        Assert.NotEqual("", serving.Node.Find(Id("bad", 1))!.Error);

        // A load by an operator begins with a clean record, and this one fails again.
        await Assert.ThrowsAsync<KreweException>(async () => await serving.Host.LoadAsync(ModelReference.Parse("bad"), Cancel));
        var again = serving.Node.CatalogSequence;
        Assert.True(again > failed);

        var artifact = serving.Node.Find(Id("bad", 1))!.Artifact;
        serving.Add("bad", 1, TinyModels.Linear());
        await ServingFixture.UntilAsync(() => serving.Node.CatalogSequence > again);
        Assert.Equal("", serving.Node.Find(Id("bad", 1))!.Error);
        Assert.NotEqual(artifact, serving.Node.Find(Id("bad", 1))!.Artifact);
    }

    [Fact]
    public async Task Session_events_are_raised_in_order_despite_failing_listeners()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        var news = new ConcurrentQueue<string>();
        serving.Node.SessionLoaded += model => news.Enqueue($"+{model}");
        serving.Node.SessionFreed += model => news.Enqueue($"-{model}");

        (await serving.InferAsync("m", Row)).Dispose();
        Assert.Equal([Id("m", 1)], serving.Node.ReadSessions());
        Assert.Equal(1, serving.Node.ReadCapacity().Sessions);
        await serving.Node.ReleaseAsync(Id("m", 1), Cancel);
        Assert.Empty(serving.Node.ReadSessions());
        Assert.Equal(0, serving.Node.ReadCapacity().UsedBytes);

        // Not unloaded: the next call brings it back.
        Assert.Equal(VersionState.Absent, (await serving.Host.ListAsync(Cancel)).Single().State);
        (await serving.InferAsync("m", Row)).Dispose();
        await serving.Host.UnloadAsync(ModelReference.Parse("m"), Cancel);

        Assert.Equal(["+m/1", "-m/1", "+m/1", "-m/1"], news);
        Assert.Equal(1, serving.Get<ServingCounters>().Evictions(EvictionReason.Release));
    }

    [Fact]
    public void An_exception_in_a_listener_is_only_logged()
    {
        var log = new FakeLogCollector();
        using var completions = new CompletionDispatcher();
        var register = new SessionRegister(completions, new FakeLogger<SessionRegister>(log));
        var heard = 0;
        register.Loaded += _ => throw new InvalidOperationException("careless");
        register.Loaded += _ => heard++;

        register.RaiseLoaded(Id("m", 1));
        completions.Dispose();

        Assert.Equal(1, heard);
        Assert.Single(log.Errors);
    }

    [Fact]
    public async Task Release_lets_the_calls_under_way_finish()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand());
        await serving.StartAsync();
        Tensor[] Slow(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Slow(1))).Dispose();
        var calls = Enumerable.Range(0, 8).Select(_ => serving.InferAsync("slow", Slow(5_000))).ToArray();

        await serving.Node.ReleaseAsync(Id("slow", 1), Cancel);

        foreach (var answer in await Task.WhenAll(calls))
        {
            answer.Dispose();
        }

        await serving.Node.ReleaseAsync(Id("slow", 1), Cancel);
        await serving.Node.ReleaseAsync(Id("nobody", 1), Cancel);
    }

    [Fact]
    public async Task The_queue_depth_is_the_number_of_waiting_requests()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(), """{"maxBatchSize": 1, "maxConcurrentRuns": 1}""");
        await serving.StartAsync();
        Tensor[] Slow(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Slow(1))).Dispose();
        Assert.Equal((0, 0), (serving.Node.QueueDepth(Id("slow", 1)), serving.Node.ReadCapacity().QueueDepth));

        using var stop = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 5).Select(async _ =>
        {
            using var request = new InferenceRequest { Model = ModelReference.Parse("slow"), Inputs = Slow(1_000_000_000) };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => (await serving.Host.InferAsync(request, stop.Token)).Dispose());
        }).ToArray();

        await ServingFixture.UntilAsync(() => serving.Node.QueueDepth(Id("slow", 1)) == 4 && serving.Node.ReadCapacity().QueueDepth == 4);
        await stop.CancelAsync();
        await Task.WhenAll(calls);
    }

    private static ModelId Id(string name, long version) => new(ModelName.Parse(name), new ModelVersion(version));
}
