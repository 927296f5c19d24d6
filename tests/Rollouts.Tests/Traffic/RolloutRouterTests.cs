using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.Traffic;

namespace Krewe.Rollouts.Tests.Traffic;

public sealed class RolloutRouterTests : IDisposable
{
    private static readonly ModelVersion One = new(1);
    private static readonly ModelVersion Two = new(2);
    private readonly FakeCaller caller = new();
    private readonly RolloutTallies tallies = new();
    private readonly Measured measured = new();
    private readonly ShadowCopies copies;
    private readonly RolloutRouter calls;

    public RolloutRouterTests()
    {
        var metrics = new RouteMetrics(measured);
        copies = new ShadowCopies(new ShadowOptions { MaxUnderWay = 2 }, metrics, TimeProvider.System);
        calls = new RolloutRouter(caller, tallies, metrics, copies, TimeProvider.System);
    }

    public void Dispose()
    {
        copies.Dispose();
        measured.Dispose();
    }

    [Fact]
    public async Task A_share_of_the_calls_goes_to_the_canary_exactly()
    {
        var route = Route(canaryPercent: 5);
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await InferAsync(route);
        }

        Assert.Equal(50, caller.Calls.Count(call => call.Version == Two));
        var counts = tallies.Of(route.Rollout!).Read();
        Assert.Equal((950, 50), (counts.Serving.Requests, counts.Canary.Requests));
    }

    [Fact]
    public async Task Each_call_of_the_canary_is_paired_with_one_that_the_old_version_answers_beside_it()
    {
        var route = Route(canaryPercent: 5);
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await InferAsync(route);
        }

        var beside = caller.Calls.Where(call => call.Beside is not null).ToArray();
        Assert.All(beside, call => Assert.Equal((One, Two), (call.Version, call.Beside)));
        var counts = tallies.Of(route.Rollout!).Read();
        Assert.InRange(counts.Pairs.Control.Total, 20, 50);
        Assert.Equal((beside.Length, 0), (counts.Pairs.Control.Total, counts.Pairs.Unlike));
        Assert.Equal(counts.Pairs.Control.Total, counts.Pairs.Canary.Total);
        Assert.Equal((950, 50), (counts.Serving.Requests, counts.Canary.Requests));
        Assert.Equal(50, caller.Calls.Count(call => call.Version == Two));
    }

    [Theory]
    [InlineData(KreweErrorCode.Overloaded)]
    [InlineData(KreweErrorCode.Internal)]
    public async Task Without_a_baseline_the_serving_version_answers(KreweErrorCode code)
    {
        caller.First = call => call.Beside is null ? Task.CompletedTask : throw new KreweException(code, "not here");
        var route = Route(canaryPercent: 5);
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await InferAsync(route);
        }

        var counts = tallies.Of(route.Rollout!).Read();
        Assert.InRange(counts.Pairs.Control.Total, 20, 50);
        Assert.Equal(counts.Pairs.Control.Total, counts.Pairs.Unlike);
        Assert.Equal((950, 0, 50), (counts.Serving.Requests, counts.Serving.Errors, counts.Canary.Requests));
    }

    [Fact]
    public async Task Of_a_version_with_all_calls_that_is_suspected_some_are_made_on_the_old_one_too()
    {
        var route = Route(canaryPercent: 100);
        route = route with { Rollout = route.Rollout! with { IsTwinned = true } };
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await InferAsync(route);
            Assert.Equal(Two, answer.Model.Version);
        }

        var twins = caller.Calls.Where(call => call.Beside is not null).ToArray();
        Assert.All(twins, call => Assert.Equal((One, Two), (call.Version, call.Beside)));
        Assert.InRange(twins.Length, 90, 130);
        var counts = tallies.Of(route.Rollout!).Read();
        Assert.Equal((0, 1000), (counts.Serving.Requests, counts.Canary.Requests));
        Assert.Equal((twins.Length, twins.Length, 0), (counts.Pairs.Control.Total, counts.Pairs.Canary.Total, counts.Pairs.Unlike));
        await Task.WhenAll(caller.Outputs.Select(output => output.Released)).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task No_caller_waits_for_the_old_version_or_fails_with_it()
    {
        var hold = new TaskCompletionSource();
        caller.First = call => call.Beside is null ? Task.CompletedTask : hold.Task;
        var route = Route(canaryPercent: 100);
        route = route with { Rollout = route.Rollout! with { IsTwinned = true } };
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await InferAsync(route);
        }

        Assert.InRange(caller.Calls.Count(call => call.Beside is not null), 1, 4);
        hold.SetException(KreweException.Overloaded("there is no session", TimeSpan.FromSeconds(1)));
        Assert.Equal((1000, 0), (tallies.Of(route.Rollout!).Read().Canary.Requests, tallies.Of(route.Rollout!).Read().Pairs.Control.Total));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Where_only_one_version_gets_calls_nothing_is_paired(int percent)
    {
        for (var i = 0; i < 100; i++)
        {
            using var answer = await InferAsync(Route(canaryPercent: percent));
        }

        Assert.All(caller.Calls, call => Assert.Null(call.Beside));
        Assert.Equal(LatencyPairs.Empty, tallies.Of(Route(canaryPercent: percent).Rollout!).Read().Pairs);
    }

    [Fact]
    public async Task The_old_version_answers_where_the_canary_fails_and_the_failure_counts()
    {
        caller.First = static call => call.Version == Two ? throw new KreweException(KreweErrorCode.Internal, "broken") : Task.CompletedTask;
        var route = Route(canaryPercent: 100);

        using var answer = await InferAsync(route);

        Assert.Equal(One, answer.Model.Version);
        var counts = tallies.Of(route.Rollout!).Read();
        Assert.Equal((1, 1, 0), (counts.Canary.Requests, counts.Canary.Errors, counts.Serving.Requests));
    }

    [Fact]
    public async Task The_callers_time_holds_for_both_together()
    {
        caller.First = static call => call.Version == Two ? throw new KreweException(KreweErrorCode.Internal, "broken") : Task.CompletedTask;
        using var request = Request(timeout: TimeSpan.FromMinutes(1));

        using var answer = await InferAsync(Route(canaryPercent: 100), request);

        var again = caller.Calls.Single(call => call.Version == One);
        Assert.InRange(again.Left, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
    }

    [Theory]
    [InlineData(KreweErrorCode.DeadlineExceeded, 1)]
    [InlineData(KreweErrorCode.PayloadTooLarge, 1)]
    [InlineData(KreweErrorCode.Cancelled, 0)]
    public async Task What_another_version_cannot_mend_is_not_tried_there(KreweErrorCode code, int counted)
    {
        caller.First = _ => throw new KreweException(code, "so it is");
        var route = Route(canaryPercent: 100);
        using var request = Request(timeout: TimeSpan.FromMinutes(1));

        var error = await Assert.ThrowsAsync<KreweException>(() => InferAsync(route, request).AsTask());

        Assert.Equal(code, error.Code);
        Assert.Single(caller.Calls);
        Assert.Equal(counted, tallies.Of(route.Rollout!).Read().Canary.Errors);
    }

    [Fact]
    public async Task A_run_terminated_at_the_canarys_own_limit_is_answered_by_the_old_version()
    {
        caller.First = static call => call.Version == Two ? throw new KreweException(KreweErrorCode.DeadlineExceeded, "too long") : Task.CompletedTask;
        var route = Route(canaryPercent: 100);

        using var answer = await InferAsync(route);

        Assert.Equal([Two, One], caller.Calls.Select(static call => call.Version));
        Assert.Equal(1, tallies.Of(route.Rollout!).Read().Canary.Errors);
    }

    [Fact]
    public async Task A_disconnected_caller_is_not_counted()
    {
        caller.First = static _ => throw new OperationCanceledException();
        var route = Route(canaryPercent: 100);

        await Assert.ThrowsAsync<OperationCanceledException>(() => InferAsync(route).AsTask());

        Assert.Equal(0, tallies.Of(route.Rollout!).Read().Canary.Requests);
    }

    [Fact]
    public async Task A_copy_goes_to_the_new_version_and_is_compared()
    {
        var route = Route(shadowPercent: 100);

        var (request, answer) = await InferWithMemoryAsync(route);

        await caller.Outputs.ElementAt(0).Released.WaitAsync(TimeSpan.FromSeconds(30));
        await Eventually(() => copies.UnderWay == 0);
        var (real, copy) = (caller.Calls.ElementAt(0), caller.Calls.ElementAt(1));
        Assert.Equal((One, false), (real.Version, real.IsBackground));
        Assert.Equal((Two, true), (copy.Version, copy.IsBackground));
        var counts = tallies.Of(route.Rollout!).Read();
        Assert.Equal((1, 1, 1d), (counts.Comparison.Compared, counts.Comparison.Disagreements, counts.Comparison.LargestDifference));
        Assert.Equal((1, 1), (counts.Serving.Requests, counts.Shadow.Requests));
        Assert.All(caller.Outputs.Append(request), held => Assert.Equal(1, held.Times));
        Assert.Equal(One, answer);
    }

    [Fact]
    public async Task No_caller_waits_for_a_copy_and_copies_beyond_the_limit_are_skipped()
    {
        var gate = new TaskCompletionSource();
        caller.First = call => call.Version == Two ? gate.Task : Task.CompletedTask;
        var route = Route(shadowPercent: 100);

        for (var i = 0; i < 5; i++)
        {
            using var answer = await InferAsync(route).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(3, tallies.Of(route.Rollout!).Read().Comparison.Skipped);
        gate.SetResult();
        await Eventually(() => copies.UnderWay == 0);
        Assert.Equal(2, tallies.Of(route.Rollout!).Read().Comparison.Compared);
    }

    [Fact]
    public async Task A_copy_that_is_refused_is_skipped_and_one_that_fails_is_an_error()
    {
        var failures = new Queue<KreweException>([KreweException.Overloaded("full", TimeSpan.Zero), new KreweException(KreweErrorCode.Internal, "broken")]);
        caller.First = call => call.Version == Two ? throw failures.Dequeue() : Task.CompletedTask;
        var route = Route(shadowPercent: 100);

        foreach (var _ in (int[])[1, 2])
        {
            using var answer = await InferAsync(route);
            await Eventually(() => copies.UnderWay == 0);
        }

        var counts = tallies.Of(route.Rollout!).Read();
        Assert.Equal((1, 1, 0), (counts.Comparison.Skipped, counts.Shadow.Errors, counts.Comparison.Compared));
        Assert.All(caller.Outputs, held => Assert.Equal(1, held.Times));
    }

    [Fact]
    public async Task Metrics_tell_versions_and_roles_apart()
    {
        using (await InferAsync(Route(canaryPercent: 100)))
        using (await InferAsync(Route(canaryPercent: 0)))
        {
            Assert.Equal(["m,1,serving,success", "m,2,canary,success"], measured.Read("krewe_route_duration_seconds").Keys.Order());
        }
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(5, timeout.Token);
        }
    }

    private static TrafficRoute Route(int canaryPercent = 0, int shadowPercent = 0) => new()
    {
        Rollout = new RolloutRoute(
            "r", 0, One, Two, new Share(canaryPercent * 10_000), new Share(shadowPercent * 10_000), ComparisonTolerance.Default),
    };

    private static InferenceRequest Request(IDisposable? owner = null, TimeSpan? timeout = null) => new()
    {
        Model = ModelReference.Parse("m"), Inputs = [TensorOf.Values("x", [1], 1f)], Owner = owner, Timeout = timeout ?? Timeout.InfiniteTimeSpan,
    };

    private async ValueTask<InferenceResponse> InferAsync(TrafficRoute route)
    {
        using var request = Request();
        return await InferAsync(route, request);
    }

    private ValueTask<InferenceResponse> InferAsync(TrafficRoute route, InferenceRequest request) =>
        RoutedCalls.InferAsync(calls, caller, route, request, CancellationToken.None);

    private async Task<(Held Request, ModelVersion Answer)> InferWithMemoryAsync(TrafficRoute route)
    {
        var held = new Held();
        using var request = Request(held);
        using var answer = await InferAsync(route, request);
        return (held, answer.Model.Version);
    }
}
