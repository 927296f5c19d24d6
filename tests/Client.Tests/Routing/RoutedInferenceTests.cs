using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;

namespace Krewe.Client.Tests.Routing;

/// <summary>Calls of a model about whose traffic something was decided.</summary>
public sealed class RoutedInferenceTests : IDisposable
{
    private static readonly ModelVersion One = new(1);
    private static readonly ModelVersion Two = new(2);
    private readonly FakeCluster cluster = new(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2), FakeSnapshots.Version("m", 3)]);

    public void Dispose() => cluster.Dispose();

    [Fact]
    public async Task Where_prod_is_set_nobody_falls_back_to_another_version()
    {
        Route(Aliases(("prod", 2)));
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it is broken"));

        var error = await cluster.FailAsync("m");

        Assert.Equal("it is broken", error.Message);
        Assert.Empty(cluster["m", 1, 0].Calls);
        Assert.Empty(cluster["m", 3, 0].Calls);
    }

    [Theory]
    [InlineData("prod", 3)]
    [InlineData("latest", 3)]
    [InlineData("beta", 2)]
    public async Task An_alias_means_what_it_was_set_to_or_the_newest(string alias, long version)
    {
        Route(Aliases(("beta", 2)));

        await AliasAsync(alias);

        Assert.Single(cluster["m", version, 0].Calls);
    }

    [Theory]
    [InlineData(KreweErrorCode.Internal, "broken")]
    [InlineData(KreweErrorCode.DeadlineExceeded, "its run took longer than it may")]
    public async Task A_share_goes_to_the_canary_and_the_old_version_answers_where_it_fails(KreweErrorCode code, string reason)
    {
        Route(Canary(percent: 25));
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(code, reason));

        for (var call = 0; call < 40; call++)
        {
            await cluster.InferAsync("m");
        }

        var counts = cluster.Tallies.Of(Canary(25).Rollout!).Read();
        Assert.Equal((30, 10, 10), (counts.Serving.Requests, counts.Canary.Requests, counts.Canary.Errors));
        Assert.Equal((40, 10), (cluster["m", 1, 0].Calls.Count, cluster["m", 2, 0].Calls.Count));
    }

    [Fact]
    public async Task A_control_call_goes_where_the_canary_is_and_names_the_old_version()
    {
        Route(Canary(percent: 10));

        for (var call = 0; call < 200; call++)
        {
            await cluster.InferAsync("m");
        }

        var controls = cluster["m", 2, 0].Calls.Where(static call => call.Beside is not null).ToArray();
        Assert.NotEmpty(controls);
        Assert.All(controls, static call => Assert.Equal((One, Two), (call.Model.Version.Number, call.Beside)));
        Assert.All(cluster["m", 1, 0].Calls, static call => Assert.Null(call.Beside));
        var counts = cluster.Tallies.Of(Canary(10).Rollout!).Read();
        Assert.Equal((180, 20, controls.Length, 0), (counts.Serving.Requests, counts.Canary.Requests, counts.Pairs.Control.Total, counts.Pairs.Unlike));
        Assert.Equal(200, cluster["m", 1, 0].Calls.Count + cluster["m", 2, 0].Calls.Count);
    }

    [Fact]
    public async Task A_control_call_that_is_refused_or_lost_is_made_on_the_serving_version()
    {
        Route(Canary(percent: 10));
        cluster["m", 2, 0].OnInfer = (request, _, _) => Task.FromResult(
            request.Beside is null ? Replies.Answer(request) : Replies.Fault(KreweErrorCode.Overloaded, "no session for control calls here"));

        for (var call = 0; call < 200; call++)
        {
            await cluster.InferAsync("m");
        }

        var counts = cluster.Tallies.Of(Canary(10).Rollout!).Read();
        Assert.Equal((180, 0), (counts.Serving.Requests, counts.Serving.Errors));
        Assert.Equal(counts.Pairs.Control.Total, counts.Pairs.Unlike);
        Assert.Equal(0, cluster.Counters.Retries);
    }

    [Fact]
    public async Task The_breaker_of_a_canary_costs_no_caller_his_answer()
    {
        Route(Canary(percent: 100));
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Internal, "broken"));

        for (var call = 0; call < 40; call++)
        {
            await cluster.InferAsync("m");
        }

        Assert.True(cluster.Counters.BreakerRefusals > 0, "the breaker never opened");
        Assert.Equal(40, cluster["m", 1, 0].Calls.Count);
    }

    [Fact]
    public async Task Copies_take_no_place_from_calls_are_not_made_again_and_open_no_breaker()
    {
        Route(new TrafficRoute { Rollout = new RolloutRoute("r", 0, One, Two, Share.None, Share.All, ComparisonTolerance.Default) });
        var outstanding = 0;
        cluster["m", 2, 0].OnInfer = (_, _, _) =>
        {
            outstanding = Math.Max(outstanding, cluster.Admission.Outstanding);
            return Task.FromResult(Replies.Fault(KreweErrorCode.Internal, "broken", tryElsewhere: true));
        };

        for (var call = 0; call < 60; call++)
        {
            await cluster.InferAsync("m");
            var copies = call + 1;
            await cluster.UntilAsync(() => cluster["m", 2, 0].Calls.Count == copies);
        }

        await cluster.UntilAsync(() => cluster.Tallies.Of(cluster.Snapshots.Current.Models[ModelName.Parse("m")].Traffic!.Rollout!).Read().Shadow.Errors == 60);
        Assert.All(cluster["m", 2, 0].Calls, static copy => Assert.True(copy.IsBackground));
        Assert.All(cluster["m", 1, 0].Calls, static call => Assert.False(call.IsBackground));
        Assert.Equal(0, outstanding);
        Assert.Null(cluster.Traffics.Find(FakeSnapshots.Id("m", 2))!.Breaker);
        Assert.Equal(0, cluster.Counters.Retries);
    }

    [Fact]
    public async Task A_stale_route_is_refreshed_once()
    {
        Route(Aliases(("prod", 2)));
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Old());
        cluster.Snapshots.OnRefresh = () => FakeSnapshots.With(cluster.Snapshots.Current, "m", Aliases(("prod", 1)));

        await cluster.InferAsync("m");

        Assert.Single(cluster["m", 1, 0].Calls);
        Assert.Equal(1, cluster.Snapshots.Refreshes);

        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Old());
        Assert.Equal("it is out", (await cluster.FailAsync("m")).Message);
        Assert.Equal(2, cluster.Snapshots.Refreshes);
    }

    [Fact]
    public async Task A_caller_who_named_the_number_hears_at_once_that_it_is_out()
    {
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Old());

        Assert.Equal("it is out", (await cluster.FailAsync("m", version: 2)).Message);
        Assert.Equal(0, cluster.Snapshots.Refreshes);
    }

    [Fact]
    public async Task A_stale_snapshot_does_not_send_a_caller_without_a_route_to_an_older_version()
    {
        cluster["m", 3, 0].OnInfer = (_, _, _) => Task.FromResult(Old());
        cluster.Snapshots.OnRefresh = () => FakeSnapshots.With(cluster.Snapshots.Current, "m", Aliases(("prod", 1)));

        await cluster.InferAsync("m");

        Assert.Single(cluster["m", 1, 0].Calls);
        Assert.Empty(cluster["m", 2, 0].Calls);
    }

    [Fact]
    public async Task Nobody_outside_goes_by_routes_that_are_old()
    {
        Route(Aliases(("prod", 2)));
        cluster.Snapshots.AreRoutesStale = true;
        cluster.Snapshots.OnRefresh = () => FakeSnapshots.With(cluster.Snapshots.Current, "m", Aliases(("prod", 1)));

        await cluster.InferAsync("m");
        await cluster.InferAsync("m", version: 3);

        Assert.Equal((1, 0, 1), (cluster["m", 1, 0].Calls.Count, cluster["m", 2, 0].Calls.Count, cluster["m", 3, 0].Calls.Count));
        Assert.Equal(1, cluster.Snapshots.Refreshes);
    }

    [Fact]
    public async Task A_retired_version_is_passed_over_and_whoever_names_it_is_told()
    {
        Route(new TrafficRoute { Retired = [new ModelVersion(3)] });

        await cluster.InferAsync("m");

        Assert.Single(cluster["m", 2, 0].Calls);
        Assert.Equal("model 'm' version '3' is not available: it is being deleted", (await cluster.FailAsync("m", version: 3)).Message);
    }

    private static ReplicaReply Old() => new()
    {
        Silo = Replies.Silo, Replicas = 0, Fault = new ReplicaFault(KreweErrorCode.Unavailable, "it is out", null, false, IsStale: true),
    };

    private static TrafficRoute Aliases(params (string Alias, long Version)[] aliases) => new()
    {
        Aliases = aliases.ToImmutableDictionary(pair => pair.Alias, pair => new ModelVersion(pair.Version), StringComparer.Ordinal),
    };

    private static TrafficRoute Canary(int percent) => new()
    {
        Rollout = new RolloutRoute("r", 0, One, Two, new Share(percent * 10_000), Share.None, ComparisonTolerance.Default),
    };

    private void Route(TrafficRoute route) => cluster.Snapshots.Current = FakeSnapshots.With(cluster.Snapshots.Current, "m", route);

    private async Task AliasAsync(string alias)
    {
        using var request = new InferenceRequest { Model = ModelReference.Parse("m", alias), Inputs = [TensorOf.Values("x", [1], 1f)] };
        using var answer = await cluster.Host.InferAsync(request, CancellationToken.None);
    }
}
