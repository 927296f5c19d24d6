using Krewe.Onnx.Tiny;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Memory;

// What others allocate meanwhile would be measured into the sessions.
[Collection(Alone.Name)]
public sealed class BudgetUnderLoadTests
{
    private const long Budget = 4 << 20;

    [Fact]
    public async Task Overlapping_loads_never_exceed_the_budget()
    {
        const int Models = 60;
        await using var serving = new ServingFixture();
        for (var i = 0; i < Models; i++)
        {
            serving.Add($"m{i}", 1, TinyModels.Mlp(64, 128, 10));
        }

        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = Budget;
            options.MemoryTimeout = TimeSpan.FromMinutes(1);
            options.LoadThreads = 4;
        });
        var most = 0L;
        using var stop = new CancellationTokenSource();
        var watch = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                most = Math.Max(most, serving.Node.ReadCapacity().UsedBytes);
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < Models; i++)
            {
                (await serving.InferAsync($"m{(i * 7 + caller * 5) % Models}", Tensors.Random("x", i, 1, 64))).Dispose();
            }
        })));
        await stop.CancelAsync();
        await watch;

        Assert.InRange(most, 1, Budget);
        Assert.True(serving.Get<ServingCounters>().Evictions(EvictionReason.Budget) > Models);
        Assert.Equal(
            serving.Node.ReadCapacity().UsedBytes,
            serving.Node.ReadSessions().Sum(model => serving.Get<ServedModels>().Find(model)!.Loaded!.MemoryBytes));
    }
}
