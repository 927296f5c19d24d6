using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Node;

// Concurrent allocations would distort the measured session sizes, on which one of these tests depends.
[Collection(Alone.Name)]
public sealed class LoadGateTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    [Fact]
    public async Task A_load_holds_a_permit_from_before_its_start_until_after_its_end()
    {
        var gate = new FakeLoadGate();
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("good", 1, TinyModels.Linear());
        serving.Add("bad", 1, TinyModels.UnknownOperator());
        await serving.StartAsync();

        (await serving.InferAsync("good", Row)).Dispose();
        (await serving.InferAsync("good", Row)).Dispose();
        await ServingFixture.UntilAsync(() => gate.Passages.Count == 3);
        Assert.Equal(["good/1 comes", "good/1 is in", "good/1 left"], gate.Passages);
        Assert.Equal(serving.Node.Find(new ModelId(ModelName.Parse("good"), new ModelVersion(1)))!.Artifact, gate.Artifact);

        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("bad", Row));
        await ServingFixture.UntilAsync(() => gate.Passages.Count == 6);
        Assert.Equal("bad/1 left", gate.Passages[^1]);
    }

    [Fact]
    public async Task Nothing_is_reserved_while_the_gate_is_waited_for()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new FakeLoadGate();
        gate.Enter = (model, _) =>
        {
            came.TrySetResult();
            return model.Name.Value == "suspect" ? opened.Task : Task.CompletedTask;
        };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("suspect", 1, TinyModels.Linear());
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync();

        var waiting = serving.InferAsync("suspect", Row);
        await came.Task;
        Assert.Equal(0, serving.Node.ReadCapacity().UsedBytes);

        (await serving.InferAsync("other", Row)).Dispose();
        Assert.False(waiting.IsCompleted);
        opened.SetResult();
        (await waiting).Dispose();
    }

    [Fact]
    public async Task A_load_waits_for_memory_without_a_permit()
    {
        var gate = new FakeLoadGate();
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("slow", 1, TinyModels.SlowOnDemand(width: 1400));
        serving.Add("big", 1, TinyModels.Big(16 << 20));
        await serving.StartAsync(options =>
        {
            options.MemoryBudgetBytes = 24 << 20;
            options.MemoryTimeout = TimeSpan.FromMilliseconds(100);
            options.Devices = [ExecutionProvider.Cpu];
        });
        Tensor[] Slow(long turns) => [Tensors.Random("x", 1, 1, 1400), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Slow(1))).Dispose();

        var running = serving.InferAsync("slow", Slow(1_500));
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("big", Tensors.Longs("index", [1], 1)));

        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.DoesNotContain("big/1 comes", gate.Passages);
        (await running).Dispose();
    }

    [Fact]
    public async Task A_rejected_load_fails_its_callers_and_is_retried_soon()
    {
        var refusals = 0;
        var gate = new FakeLoadGate { Enter = (_, _) => throw KreweException.Unavailable($"the database is not there ({++refusals})") };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        var sequence = serving.Node.CatalogSequence;

        for (var i = 1; i <= 8; i++)
        {
            var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));
            Assert.Equal(KreweErrorCode.Unavailable, error.Code);
            Assert.Contains("model 'm' version '1' is not available: the database is not there", error.Message, StringComparison.Ordinal);
            Assert.InRange(error.RetryAfter!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }

        Assert.Equal((VersionState.Absent, "not yet checked: the first call loads it"), serving.Get<ServedModels>().Find(ModelName.Parse("m")).Versions[0].Describe());
        Assert.Equal("", serving.Node.ReadCatalog().Single().Error);
        Assert.Equal(sequence, serving.Node.CatalogSequence);

        // However often it was refused, a second later it is let in.
        gate.Enter = (_, _) => Task.CompletedTask;
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().Find(ModelName.Parse("m")).Versions[0].Refusal is { } refusal
            && TimeProvider.System.GetTimestamp() > refusal.RetryAt);
        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task A_failing_gate_rejects_the_load_and_hides_the_reason_from_callers()
    {
        var gate = new FakeLoadGate { Enter = (_, _) => throw new InvalidOperationException("secret") };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));

        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Contains(serving.Log.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_next_load_of_a_version_waits_for_the_previous_permit()
    {
        var mayLeave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new FakeLoadGate { Leave = _ => mayLeave.Task };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        var model = new ModelId(ModelName.Parse("m"), new ModelVersion(1));

        // Callers have their answer although it has not left yet.
        (await serving.InferAsync("m", Row)).Dispose();
        await serving.Node.ReleaseAsync(model, TestContext.Current.CancellationToken);
        var again = serving.InferAsync("m", Row);
        Assert.Equal(2, gate.Passages.Count);

        mayLeave.SetResult();
        (await again).Dispose();
        Assert.Equal(["m/1 comes", "m/1 is in", "m/1 left", "m/1 comes", "m/1 is in"], gate.Passages.Take(5));
    }

    [Fact]
    public async Task A_stop_rejects_waiting_loads_and_waits_for_running_ones()
    {
        var mayLeave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new FakeLoadGate { Leave = _ => mayLeave.Task };
        gate.Enter = (model, stopping) =>
        {
            if (model.Name.Value == "waits")
            {
                came.SetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            }

            return Task.CompletedTask;
        };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("in", 1, TinyModels.Linear());
        serving.Add("waits", 1, TinyModels.Linear());
        await serving.StartAsync();
        (await serving.InferAsync("in", Row)).Dispose();
        var waiting = serving.InferAsync("waits", Row);
        await came.Task;

        var stop = serving.StopAsync();
        var error = await Assert.ThrowsAsync<KreweException>(() => waiting);
        Assert.Contains("the process is stopping", error.Message, StringComparison.Ordinal);
        Assert.False(stop.IsCompleted);

        mayLeave.SetResult();
        await stop;
        Assert.Contains("in/1 left", gate.Passages);
    }
}
