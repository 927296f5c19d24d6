using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Node;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>The loader alone, with real models; a gate holds loads so that a test can observe them in progress.</summary>
public sealed class VersionLoaderTests : IAsyncDisposable
{
    private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeLoadGate gate = new();
    private readonly ServingFixture serving;

    public VersionLoaderTests() => serving = new ServingFixture { LoadGate = gate };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VersionLoader Loader => serving.Get<VersionLoader>();

    private ServedVersion Version => serving.Get<ServedModels>().AllVersions.Single();

    private long Loads => (long)serving.Measured.Read("krewe_load_duration_seconds").GetValueOrDefault("");

    [Fact]
    public async Task Callers_of_a_version_share_its_load_and_each_has_a_lease()
    {
        await StartAsync(TinyModels.Linear());
        Hold();
        var calls = Enumerable.Range(0, 8).Select(_ => Loader.LeaseAsync(Version, Cancel).AsTask()).ToArray();
        await ServingFixture.UntilAsync(() => Version.WaitingForLoad == 8);
        Assert.Equal(VersionState.Loading, Version.Describe().State);
        open.SetResult();

        var leases = await Task.WhenAll(calls);

        Assert.Single(leases.Distinct());
        Assert.Equal((1, 8, 0), (Loads, serving.Get<ServingCounters>().Misses, Version.WaitingForLoad));
        foreach (var lease in leases)
        {
            Assert.False(lease!.IsIdle);
            lease.Return();
        }

        Assert.True(leases[0]!.IsIdle);
        Assert.Same(leases[0], await Loader.LeaseAsync(Version, Cancel));
        Assert.Equal(1, Loads);
    }

    [Fact]
    public async Task A_caller_that_abandons_the_load_it_started_leaves_no_lease()
    {
        await StartAsync(TinyModels.Linear());
        Hold();
        using var caller = new CancellationTokenSource();
        var call = Loader.LeaseAsync(Version, caller.Token).AsTask();
        await ServingFixture.UntilAsync(() => gate.Passages.Count == 1);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        open.SetResult();

        await ServingFixture.UntilAsync(() => Version.Loaded is { IsIdle: true });
        Assert.Equal((1, 0), (Loads, Version.WaitingForLoad));
    }

    [Fact]
    public async Task The_callers_waiting_for_a_load_are_bounded_by_the_queue_length()
    {
        await StartAsync(TinyModels.Linear(), """{"maxQueueLength": 1}""");
        Hold();
        var first = Loader.LeaseAsync(Version, Cancel).AsTask();
        await ServingFixture.UntilAsync(() => Version.WaitingForLoad == 1);

        var error = await Assert.ThrowsAsync<KreweException>(async () => await Loader.LeaseAsync(Version, Cancel));

        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.NotNull(error.RetryAfter);
        Assert.Equal(1, Version.Statistics.Rejections);
        open.SetResult();
        (await first)!.Return();
        Assert.Equal(0, Version.WaitingForLoad);
    }

    [Fact]
    public async Task A_load_that_failed_answers_the_next_callers_until_its_back_off_is_over_and_an_operator_does_not_wait()
    {
        await StartAsync(TinyModels.UnknownOperator());
        var error = await FailAsync();
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), error.RetryAfter);

        Assert.True((await FailAsync()).RetryAfter <= TimeSpan.FromSeconds(1));
        Assert.Equal(1, serving.Get<ServingCounters>().LoadFailures);

        await Assert.ThrowsAsync<KreweException>(() => Loader.LoadNowAsync(Version, Cancel));
        Assert.Equal(2, serving.Get<ServingCounters>().LoadFailures);
        Assert.Equal((VersionState.Failed, 0L), (Version.Describe().State, serving.Get<MemoryBudget>().AccountedBytes));
    }

    [Fact]
    public void Back_off_doubles_with_each_failure_in_a_row_up_to_a_minute() => Assert.Equal(
        [1, 2, 4, 8, 16, 32, 60, 60, 60],
        new[] { 1, 2, 3, 4, 5, 6, 7, 8, 1000 }.Select(static failures => LoadBackOff.After(failures).TotalSeconds));

    [Fact]
    public async Task A_retired_version_is_not_loaded_and_must_be_resolved_again()
    {
        await StartAsync(TinyModels.Linear());
        Version.IsRetired = true;

        Assert.Null(await Loader.LeaseAsync(Version, Cancel));
        Assert.Equal(0, Loads);
    }

    [Fact]
    public async Task A_version_excluded_during_its_load_is_freed_before_its_first_call()
    {
        await StartAsync(TinyModels.Linear());
        Hold();
        var call = Loader.LeaseAsync(Version, Cancel).AsTask();
        await ServingFixture.UntilAsync(() => gate.Passages.Count == 1);
        Version.Exclusion = VersionExclusion.Unloaded;
        var drain = Loader.DrainExcludedAsync(Version);
        Assert.False(drain.IsCompleted);
        open.SetResult();
        await drain;

        var error = await Assert.ThrowsAsync<KreweException>(() => call);
        Assert.Contains("it was unloaded while it was loading", error.Message, StringComparison.Ordinal);
        Assert.Equal((null, 0L), (Version.Loaded, serving.Get<MemoryBudget>().AccountedBytes));
        Assert.Empty(serving.Node.ReadSessions());

        await Loader.LoadNowAsync(Version, Cancel);
        Assert.Equal(VersionState.Ready, Version.Describe().State);
    }

    [Fact]
    public async Task An_explicit_load_lifts_an_operators_unload_but_no_other_exclusion()
    {
        await StartAsync(TinyModels.Linear());
        Version.Exclusion = VersionExclusion.Failed("quarantined");
        var error = await Assert.ThrowsAsync<KreweException>(() => Loader.LoadNowAsync(Version, Cancel));
        Assert.Contains("quarantined", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Loads);

        Version.Exclusion = VersionExclusion.Unloaded;
        await FailAsync();
        await Loader.LoadNowAsync(Version, Cancel);
        Assert.Equal((1, null), (Loads, Version.Exclusion));
    }

    [Fact]
    public async Task A_release_waits_for_open_leases_and_the_next_call_loads_again()
    {
        await StartAsync(TinyModels.Linear());
        var lease = (await Loader.LeaseAsync(Version, Cancel))!;
        var release = Loader.ReleaseAsync(Version, EvictionReason.Release);
        Assert.False(release.IsCompleted);
        Assert.True(lease.IsClosed);
        Assert.NotNull(Version.Loaded);
        lease.Return();
        await release;
        Assert.Equal((null, 0L), (Version.Loaded, serving.Get<MemoryBudget>().AccountedBytes));
        Assert.Equal(1, serving.Get<ServingCounters>().Evictions(EvictionReason.Release));

        var next = (await Loader.LeaseAsync(Version, Cancel))!;
        Assert.NotSame(lease, next);
        Assert.Equal(2, Loads);
        next.Return();
    }

    [Fact]
    public async Task A_model_above_the_budget_is_refused_before_the_gate_is_asked()
    {
        await StartAsync(TinyModels.Big(2 << 20), configure: static options => options.MemoryBudgetBytes = 1 << 20);

        Assert.Contains("the budget is 1 MiB", (await FailAsync()).Message, StringComparison.Ordinal);
        Assert.Empty(gate.Passages);
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(64, true)]
    public async Task A_baseline_is_loaded_only_where_memory_is_free(int budgetMiB, bool expected)
    {
        await StartAsync(TinyModels.Big(10 << 20), configure: options =>
        {
            options.MemoryBudgetBytes = (long)budgetMiB << 20;
            options.Devices = [ExecutionProvider.Cpu];
        });
        (await Loader.LeaseAsync(Version, Cancel))!.Return();

        Loader.BeginBaseline(Version.Baseline);
        await ServingFixture.UntilAsync(() => Version.Baseline.Loading is null);

        Assert.Equal(expected, Version.Baseline.Loaded is not null);
        Assert.NotNull(Version.Loaded);
    }

    public async ValueTask DisposeAsync()
    {
        open.TrySetResult();
        await serving.DisposeAsync();
    }

    private void Hold() => gate.Enter = (_, _) => open.Task;

    private Task StartAsync(ModelBuilder model, string? settings = null, Action<ServingOptions>? configure = null)
    {
        serving.Add("m", 1, model, settings);
        return serving.StartAsync(configure);
    }

    private Task<KreweException> FailAsync() => Assert.ThrowsAsync<KreweException>(async () => await Loader.LeaseAsync(Version, Cancel));
}
