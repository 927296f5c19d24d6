using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Memory;

// What others allocate meanwhile would be measured into the sessions.
[Collection(Alone.Name)]
public sealed class MemoryBudgetTests
{
    private const long Budget = 24 << 20;

    [Fact]
    public async Task The_least_recently_used_version_is_evicted_for_a_load()
    {
        await using var serving = new ServingFixture();
        for (var i = 0; i < 8; i++)
        {
            serving.Add($"big{i}", 1, TinyModels.Big(4 << 20, seed: (ulong)i));
        }

        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = Budget;
            options.Devices = [ExecutionProvider.Cpu];
        });
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 8; i++)
            {
                (await serving.InferAsync($"big{i}", Tensors.Longs("index", [1], 1))).Dispose();
                Assert.InRange(serving.Get<MemoryBudget>().AccountedBytes, 1, Budget);
            }
        }

        var states = (await serving.Host.ListAsync(default)).Select(state => state.State).ToArray();
        Assert.Equal(VersionState.Ready, states[7]);
        Assert.Equal(VersionState.Absent, states[0]);
        Assert.True(serving.Get<ServingCounters>().Evictions(EvictionReason.Budget) > 8);
    }

    [Fact]
    public async Task A_model_larger_than_the_budget_is_refused_with_the_figures()
    {
        await using var serving = new ServingFixture();
        serving.Add("big", 1, TinyModels.Big(Budget + (1 << 20)));
        await serving.StartAsync(options => options.MemoryBudgetBytes = Budget);

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("big", Tensors.Longs("index", [1], 1)));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains($"the budget is {ErrorText.Bytes(Budget)}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_in_use_are_waited_for_and_then_the_caller_is_refused()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(width: 1400));
        serving.Add("big", 1, TinyModels.Big(16 << 20));
        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = Budget;
            options.MemoryTimeout = TimeSpan.FromMilliseconds(100);
            options.Devices = [ExecutionProvider.Cpu];
        });
        Tensor[] Slow(long turns) => [Tensors.Random("x", 1, 1, 1400), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Slow(1))).Dispose();

        var running = serving.InferAsync("slow", Slow(1_500));
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("big", Tensors.Longs("index", [1], 1)));
        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.NotNull(error.RetryAfter);
        (await running).Dispose();
        (await serving.InferAsync("big", Tensors.Longs("index", [1], 1))).Dispose();
    }

    [Fact]
    public async Task A_session_larger_than_reserved_evicts_the_least_recently_used()
    {
        await using var serving = new ServingFixture();
        var (first, second) = await LoadTwoAsync(serving);
        var budget = serving.Get<MemoryBudget>();
        Assert.True(budget.TryReserve(1));
        var larger = new LoadedModel(
            new LoadedSession(second.Session, default, second.Isolation, Budget - second.MemoryBytes), second.Queue, second.Background, TimeProvider.System, static () => { });

        Assert.True(budget.TryAdmit(new Resident(serving.Get<ServedModels>().Find(Id("second"))!, larger, serving.Get<SessionRegister>()), 1));

        Assert.True(first.IsClosed);
        Assert.Equal([Id("second")], serving.Node.ReadSessions());
        Assert.Equal(Budget, budget.AccountedBytes);
    }

    [Fact]
    public async Task A_session_larger_than_reserved_is_not_admitted_while_others_are_in_use()
    {
        await using var serving = new ServingFixture();
        var (first, second) = await LoadTwoAsync(serving);
        Assert.True(first.TryLease());
        var budget = serving.Get<MemoryBudget>();
        Assert.True(budget.TryReserve(1));
        var larger = new LoadedModel(new LoadedSession(null!, default, null!, Budget), null!, null!, TimeProvider.System, static () => { });

        Assert.False(budget.CanReserve(Budget));
        Assert.False(budget.TryAdmit(new Resident(serving.Get<ServedModels>().Find(Id("second"))!, larger, serving.Get<SessionRegister>()), 1));

        Assert.False(first.IsClosed);
        Assert.True(second.IsClosed);
        Assert.Equal(first.MemoryBytes, budget.AccountedBytes);
        first.Return();
        Assert.True(budget.CanReserve(Budget));
    }

    [Fact]
    public async Task Native_memory_outside_sessions_evicts_them_unless_set_aside()
    {
        await using var serving = new ServingFixture();
        var (first, second) = await LoadTwoAsync(serving);
        var (budget, memory) = (serving.Get<MemoryBudget>(), serving.Get<ProcessMemory>());
        var block = Marshal.AllocHGlobal((nint)(2 * Budget));
        try
        {
            memory.SetAside(2 * Budget);
            Assert.True(budget.TryReserve(1));
            Assert.False(first.IsClosed || second.IsClosed);

            memory.SetAside(-2 * Budget);
            Assert.True(budget.TryReserve(1));
            Assert.True(first.IsClosed && second.IsClosed);
        }
        finally
        {
            Marshal.FreeHGlobal(block);
        }
    }

    private static async Task<(LoadedModel First, LoadedModel Second)> LoadTwoAsync(ServingFixture serving)
    {
        serving.Add("first", 1, TinyModels.Linear());
        serving.Add("second", 1, TinyModels.Linear());
        await serving.StartAsync(options => options.MemoryBudgetBytes = Budget);
        (await serving.InferAsync("first", Tensors.Random("x", 1, 1, 4))).Dispose();
        (await serving.InferAsync("second", Tensors.Random("x", 1, 1, 4))).Dispose();
        var models = serving.Get<ServedModels>();
        var (first, second) = (models.Find(Id("first"))!.Loaded!, models.Find(Id("second"))!.Loaded!);
        await ServingFixture.UntilAsync(() => first.IsIdle && second.IsIdle);
        return (first, second);
    }

    private static ModelId Id(string name) => new(ModelName.Parse(name), new ModelVersion(1));
}
