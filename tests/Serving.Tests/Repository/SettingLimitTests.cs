using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Batching;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Repository;

/// <summary>A model answers with every number of its settings at the least, one above it, and the most; what the reader refuses is for <see cref="SchemaTests"/>.</summary>
public sealed class SettingLimitTests
{
    // As many as fill a run by default: the longest delay is a minute, but a full batch is not delayed.
    private const int Rows = BatchDecision.DefaultMaxBatchSize;

    [Fact]
    public async Task Every_setting_serves_at_its_limits()
    {
        await using var serving = new ServingFixture();
        var names = new List<string>();
        foreach (var (path, least, most) in SchemaTests.FindRanges())
        {
            foreach (var value in (long[])[least, least + 1, most])
            {
                names.Add($"{path.Replace('/', '.')}-{value}");
                serving.Add(names[^1], 1, TinyModels.Linear(), SchemaTests.ToJson(path, value));
            }
        }

        await serving.StartAsync();
        foreach (var name in names)
        {
            using var answer = await serving.InferAsync(name, Tensors.Random("x", 1, Rows, 4));
            Assert.Equal([Rows, 3], answer.Outputs[0].Shape);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("[0]")]
    [InlineData("[2,2]")]
    [InlineData("[2147483647,2147483647,2147483647]")]
    public async Task A_warm_up_shape_of_another_rank_does_not_fail_the_load(string shape)
    {
        await using var serving = new ServingFixture();
        serving.Add("scalar", 1, TinyModels.Identity(Onnx.Building.TensorType.Float), $$$"""{"warmUp": {"shapes": {"x": {{{shape}}} } } }""");
        serving.Add("rows", 1, TinyModels.Linear(), $$$"""{"warmUp": {"shapes": {"x": {{{shape}}} } } }""");
        await serving.StartAsync();

        using var scalar = await serving.InferAsync("scalar", Tensors.Floats("x", [], 3));
        using var rows = await serving.InferAsync("rows", Tensors.Random("x", 1, 2, 4));

        Assert.Equal([3f], scalar.Outputs[0].ToFloats());
        Assert.Equal([2, 3], rows.Outputs[0].Shape);
    }

    [Fact]
    public async Task A_queue_of_length_one_holds_one_request()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(), """{"maxQueueLength": 1, "maxConcurrentRuns": 1}""");
        await serving.StartAsync();
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
        var running = serving.InferAsync("slow", Inputs(200_000));
        var loaded = serving.Get<ServedModels>().Find(ModelName.Parse("slow"), null).Loaded!;
        await ServingFixture.UntilAsync(() => loaded.Queue is { Length: 0, ActiveRuns: 1 });

        var waiting = serving.InferAsync("slow", Inputs(1));
        var refused = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("slow", Inputs(1)));

        Assert.Equal(KreweErrorCode.Overloaded, refused.Code);
        (await running).Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public void Values_out_of_range_are_reported_with_the_valid_range()
    {
        Assert.Empty(Errors(static _ => { }));
        Assert.Empty(Errors(static options => (options.RunnerThreads, options.LoadThreads, options.IntraOpThreads, options.ExtraRunnerThreads) = (1, 1, 1, 0)));
        Assert.Empty(Errors(static options => (options.RunnerThreads, options.LoadThreads, options.IntraOpThreads, options.ExtraRunnerThreads) = (1024, 64, 1024, 1024)));
        Assert.Empty(Errors(static options => (options.MemoryBudgetBytes, options.IdleTime, options.MemoryTimeout) = (1 << 20, new TimeSpan(1), TimeSpan.Zero)));
        Assert.Empty(Errors(static options => (options.MemoryBudgetBytes, options.IdleTime, options.MemoryTimeout) = (long.MaxValue, TimeSpan.MaxValue, TimeSpan.FromDays(1))));
        Assert.Equal(4, Errors(static options => (options.RunnerThreads, options.LoadThreads, options.IntraOpThreads, options.ExtraRunnerThreads) = (0, 0, 0, -1)).Count);
        Assert.Equal(4, Errors(static options => (options.RunnerThreads, options.LoadThreads, options.IntraOpThreads, options.ExtraRunnerThreads) = (1025, 65, 1025, 1025)).Count);
        Assert.Equal(3, Errors(static options => (options.MemoryBudgetBytes, options.IdleTime, options.MemoryTimeout) = ((1 << 20) - 1, TimeSpan.Zero, new TimeSpan(-1))).Count);
        Assert.Single(Errors(static options => options.MemoryTimeout = TimeSpan.FromDays(1) + new TimeSpan(1)));
    }

    private static List<string> Errors(Action<ServingOptions> change)
    {
        var options = new ServingOptions { Repository = { Root = Path.GetTempPath() } };
        change(options);
        var errors = options.FindErrors().ToList();
        Assert.All(errors, static error => Assert.Contains("expected", error, StringComparison.Ordinal));
        return errors;
    }
}
