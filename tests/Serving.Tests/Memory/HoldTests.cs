using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Execution;
using Krewe.Serving.Memory;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Memory;

// What others allocate meanwhile would be measured into the sessions.
[Collection(Alone.Name)]
public sealed class HoldTests
{
    private static readonly ModelName Kept = ModelName.Parse("kept");

    [Fact]
    public async Task A_held_version_is_not_evicted_until_its_hold_is_released()
    {
        await using var serving = new ServingFixture();
        serving.Add("kept", 1, TinyModels.Big(4 << 20));
        for (var i = 0; i < 6; i++)
        {
            serving.Add($"big{i}", 1, TinyModels.Big(4 << 20, seed: (ulong)i));
        }

        await serving.StartAsync(options => options.MemoryBudgetBytes = 24 << 20);
        await serving.Node.HoldAsync(Kept, [new ModelVersion(1)]);
        await CallAsync(serving, "kept");
        await CallAllAsync(serving);
        Assert.Contains(Id(1), serving.Node.ReadSessions());

        await serving.Node.HoldAsync(Kept, []);
        await CallAllAsync(serving);
        Assert.DoesNotContain(Id(1), serving.Node.ReadSessions());
    }

    [Fact]
    public async Task A_load_waits_until_a_hold_is_released()
    {
        await using var serving = new ServingFixture();
        serving.Add("kept", 1, TinyModels.Big(14 << 20));
        serving.Add("big", 1, TinyModels.Big(8 << 20));
        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = 30 << 20;
            options.MemoryTimeout = TimeSpan.FromMinutes(2);
        });
        await serving.Node.HoldAsync(Kept, [new ModelVersion(1)]);
        await CallAsync(serving, "kept");
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().Find(Id(1))!.Loaded!.IsIdle);

        var call = CallAsync(serving, "big");
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().Find(Id("big", 1))!.Describe().State == VersionState.Loading);
        Assert.False(call.IsCompleted);
        await serving.Node.HoldAsync(Kept, []);

        await call;
        Assert.Equal([Id("big", 1)], serving.Node.ReadSessions());
    }

    [Fact]
    public async Task Held_versions_are_not_evicted_when_idle_even_if_they_appear_later()
    {
        await using var serving = new ServingFixture();
        serving.Add("kept", 1, TinyModels.Linear());
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync();
        await serving.Node.HoldAsync(Kept, [new ModelVersion(2)]);
        serving.Add("kept", 2, TinyModels.Linear());
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().Find(Id(2)) is not null);
        foreach (var (model, version) in new[] { ("kept", 1), ("kept", 2), ("other", 1) })
        {
            (await serving.InferAsync(model, version, Tensors.Random("x", 1, 1, 4))).Dispose();
        }

        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().AllVersions.All(version => version.Loaded!.IsIdle));
        await serving.Get<LoadThreads>().RunAsync(() => serving.Get<MemoryBudget>().FreeIdle(TimeSpan.Zero));

        Assert.Equal([Id(2)], serving.Node.ReadSessions());
    }

    private static async Task CallAsync(ServingFixture serving, string model) =>
        (await serving.InferAsync(model, Tensors.Longs("index", [1], 1))).Dispose();

    private static async Task CallAllAsync(ServingFixture serving)
    {
        for (var i = 0; i < 6; i++)
        {
            await CallAsync(serving, $"big{i}");
        }
    }

    private static ModelId Id(long version) => Id("kept", version);

    private static ModelId Id(string name, long version) => new(ModelName.Parse(name), new ModelVersion(version));
}
