using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Processes;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime.Messaging;

namespace Krewe.Client.Tests.Routing;

/// <summary>Silos that go away under load.</summary>
public sealed class LossTests
{
    public static TheoryData<string> Losses => [.. Errors.Keys];

    private static Dictionary<string, Func<Exception>> Errors { get; } = new()
    {
        ["silo"] = () => new SiloUnavailableException("gone"),
        ["connection"] = () => new ConnectionFailedException("broken"),
        ["busy"] = () => new GatewayTooBusyException(),
        ["limit"] = () => new LimitExceededException("full"),
        ["timeout"] = () => new TimeoutException(),
        ["cancelled"] = () => new OperationCanceledException("the connection ended"),
        ["engine"] = () => new OrleansException("No active nodes are compatible with grain krewe.replica"),
        ["reply"] = () => new ReplyLostException("its memory is gone"),
    };

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_lost_call_is_made_again_elsewhere(string loss)
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromException<ReplicaReply>(Errors[loss]());
        cluster["m", 1, 0].OnAsked = _ => new TaskCompletionSource<bool>().Task;
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(2, await cluster.InferAsync("m"));
        }

        Assert.NotEmpty(cluster["m", 1, 0].Calls);
    }

    [Fact]
    public async Task A_lost_replica_is_called_again_only_once_it_has_loaded_while_others_serve()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        var lost = cluster["m", 1, 0];
        var answers = new TaskCompletionSource<bool>();
        var loaded = new TaskCompletionSource<ReplicaReply>();
        lost.OnInfer = (_, _, _) => Replies.Lost();
        lost.OnAsked = _ => answers.Task;
        lost.OnLoad = () => loaded.Task;
        while (lost.Calls.IsEmpty)
        {
            await cluster.InferAsync("m");
        }

        await CallManyAsync(cluster);
        Assert.Single(lost.Calls);
        lost.OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request));
        var endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(2)[0];
        answers.SetResult(false);
        await UntilAsync(endpoint, ReplicaState.Loading);
        await CallManyAsync(cluster);
        Assert.Single(lost.Calls);
        loaded.SetResult(Replies.Loaded());
        await UntilAsync(endpoint, ReplicaState.Good);
        await CallManyAsync(cluster);
        Assert.True(lost.Calls.Count > 1);
    }

    [Fact]
    public async Task The_only_replica_is_called_as_soon_as_it_answers_and_loads_with_that_call()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) => replica.Calls.Count == 1 ? Replies.Lost() : Task.FromResult(Replies.Answer(request));

        Assert.Equal(2, await cluster.InferAsync("m"));

        await UntilAsync(cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(1)[0], ReplicaState.Good);
        Assert.Equal(0, replica.Loads);
    }

    [Fact]
    public async Task A_replica_that_never_answers_is_not_asked_to_load()
    {
        using var cluster = new FakeCluster(
            options => options.LossTimeout = TimeSpan.FromMilliseconds(50), versions: FakeSnapshots.Version("m", 1, replicas: 2));
        var lost = cluster["m", 1, 0];
        lost.OnInfer = (_, _, _) => Replies.Lost();
        lost.OnAsked = static _ => new TaskCompletionSource<bool>().Task;
        while (lost.Calls.IsEmpty)
        {
            await cluster.InferAsync("m");
        }

        // Where it never answered, callers find out themselves whether it does by now.
        await UntilAsync(cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(2)[0], ReplicaState.Good);
        Assert.Equal(0, lost.Loads);
    }

    [Fact]
    public async Task A_load_that_is_lost_is_made_again_and_one_that_fails_otherwise_is_told_once()
    {
        var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        var lost = cluster["m", 1, 0];
        lost.OnInfer = (request, _, _) => lost.Calls.Count == 1 ? Replies.Lost() : Task.FromResult(Replies.Answer(request));
        lost.OnLoad = () => lost.Loads switch
        {
            1 => Replies.Lost(),
            2 => Task.FromException<ReplicaReply>(new InvalidOperationException("a fault of ours")),
            _ => Task.FromResult(Replies.Loaded()),
        };
        while (lost.Calls.IsEmpty)
        {
            await cluster.InferAsync("m");
        }

        await UntilAsync(cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(2)[0], ReplicaState.Good);

        Assert.Equal(2, lost.Loads);
        Assert.Contains("a fault of ours", Assert.Single(cluster.Log.Errors), StringComparison.Ordinal);
        Assert.Contains(472, cluster.Log.Ids);
    }

    [Fact]
    public async Task A_model_with_one_replica_waits_until_it_is_back_and_each_call_is_sent_but_once_more()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (_, _, _) => Replies.Lost();
        var asked = 0;
        replica.OnAsked = _ =>
        {
            if (Interlocked.Increment(ref asked) < 10)
            {
                return Task.FromException<bool>(new SiloUnavailableException("gone"));
            }

            replica.OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request));
            return Task.FromResult(false);
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => cluster.InferAsync("m", i)));

        Assert.Equal(Enumerable.Range(1, 64).Select(i => (float)i), answers);
        Assert.True(cluster.Counters.Retries <= 64, $"{cluster.Counters.Retries} retries");
        Assert.Equal(10, asked);
    }

    [Fact]
    public async Task A_replica_that_stays_away_makes_its_calls_fail_as_unavailable()
    {
        using var cluster = new FakeCluster(options => options.LossTimeout = TimeSpan.FromMilliseconds(200), versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Replies.Lost();
        cluster["m", 1, 0].OnAsked = _ => Task.FromException<bool>(new SiloUnavailableException("gone"));

        var error = await cluster.FailAsync("m");

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Equal("the silo that served model 'm/1' was lost, and no other has taken over yet", error.Message);
        Assert.NotNull(error.RetryAfter);
    }

    [Fact]
    public async Task A_call_that_was_under_way_when_a_silo_ended_is_made_again_once()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 3));
        IEnumerable<FakeReplica> replicas = Enumerable.Range(0, 3).Select(i => cluster["m", 1, i]);
        foreach (var replica in replicas)
        {
            replica.OnInfer = (_, _, _) => Replies.Lost();
        }

        var error = await cluster.FailAsync("m");

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("was under way 2 times when the silo that served it was lost", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, replicas.Sum(static replica => replica.Calls.Count));
    }

    [Theory]
    [InlineData("connection")]
    [InlineData("reply")]
    public async Task A_call_whose_connection_broke_is_made_again_more_often(string loss)
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 4));
        IEnumerable<FakeReplica> replicas = Enumerable.Range(0, 4).Select(i => cluster["m", 1, i]);
        foreach (var replica in replicas)
        {
            replica.OnInfer = (_, _, _) => Task.FromException<ReplicaReply>(Errors[loss]());
        }

        Assert.Equal(KreweErrorCode.Unavailable, (await cluster.FailAsync("m")).Code);
        Assert.Equal(3, replicas.Sum(static replica => replica.Calls.Count));
    }

    [Fact]
    public async Task When_the_budget_is_used_up_calls_fail_without_another_try()
    {
        using var cluster = new FakeCluster(
            options => (options.RetryReserve, options.RetryRatio) = (1, 0), new FakeTimeProvider(), FakeSnapshots.Version("m", 1, replicas: 2));
        cluster["m", 1, 0].OnInfer = cluster["m", 1, 1].OnInfer = (_, _, _) =>
            Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it moves", tryElsewhere: true));

        var error = await cluster.FailAsync("m");

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
        Assert.Equal(2, cluster["m", 1, 0].Calls.Count + cluster["m", 1, 1].Calls.Count);
        Assert.Equal(1, cluster.Counters.BudgetRefusals);
    }

    [Fact]
    public async Task A_silo_is_reported_lost_once_however_many_calls_were_under_way_there()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1)]);
        await cluster.InferAsync("m");
        await cluster.InferAsync("n");
        var lost = new ConcurrentDictionary<float, bool>();
        foreach (var replica in new[] { cluster["m", 1, 0], cluster["n", 1, 0] })
        {
            replica.OnInfer = (request, _, _) => lost.TryAdd(request.Inputs[0].AsSpan<float>()[0], true) ? Replies.Lost() : Task.FromResult(Replies.Answer(request));
        }

        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => cluster.InferAsync(i % 2 == 0 ? "m" : "n", i)));

        Assert.Equal(1, cluster.Counters.LostSilos);
        Assert.Single(cluster.Log.Ids, 471);
    }

    [Fact]
    public async Task A_replica_without_a_place_is_tried_again_and_the_refusal_is_told_in_the_end()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) => replica.Calls.Count < 4
            ? Task.FromException<ReplicaReply>(KreweException.Unavailable("all silos that have it are stopping"))
            : Task.FromResult(Replies.Answer(request));
        Assert.Equal(2, await cluster.InferAsync("m"));

        replica.OnInfer = (_, _, _) => Task.FromException<ReplicaReply>(KreweException.Unavailable("all silos that have it are stopping"));
        Assert.Equal("all silos that have it are stopping", (await cluster.FailAsync("m")).Message);
    }

    [Fact]
    public async Task A_lost_replica_without_a_place_is_waited_for()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) => replica.Calls.Count == 1 ? Replies.Lost() : Task.FromResult(Replies.Answer(request));
        replica.OnAsked = _ => replica.Questions.Count < 4
            ? Task.FromException<bool>(KreweException.Unavailable("all silos that have it are stopping"))
            : Task.FromResult(false);

        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal(4, replica.Questions.Count);
    }

    [Fact]
    public async Task What_is_no_loss_is_internal_and_not_tried_again()
    {
        var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromException<ReplicaReply>(new InvalidOperationException("a fault of ours"));

        var error = await cluster.FailAsync("m");

        Assert.Equal(KreweErrorCode.Internal, error.Code);
        Assert.DoesNotContain("ours", error.Message);
        Assert.Contains("a fault of ours", Assert.Single(cluster.Log.Errors));
        Assert.Single(cluster["m", 1, 0].Calls);
    }

    private static async Task CallManyAsync(FakeCluster cluster)
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(2, await cluster.InferAsync("m"));
        }
    }

    private static async Task UntilAsync(ReplicaEndpoint endpoint, ReplicaState state)
    {
        for (;;)
        {
            var changed = endpoint.Traffic.WhenChanged();
            if (endpoint.State == state)
            {
                return;
            }

            await changed.WaitAsync(TimeSpan.FromMinutes(1));
        }
    }
}
