using System.Collections.Concurrent;
using Krewe.Client.Endpoints;
using Krewe.Client.Settings;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>Calls that hang because nobody tells this process that the silo died.</summary>
public sealed class CallWatchTests
{
    [Fact]
    public async Task A_call_that_its_replica_does_not_know_is_made_again()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) =>
            replica.Calls.Count == 1 ? new TaskCompletionSource<ReplicaReply>().Task : Task.FromResult(Replies.Answer(request));
        replica.OnAsked = _ => Task.FromResult(false);

        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal(2, replica.Calls.Count);

        // Counted by whoever gave it up, who may be behind the caller by now.
        await cluster.UntilAsync(() => cluster.Counters.Abandoned == 1);
    }

    [Fact]
    public async Task A_replica_that_lost_a_call_is_asked_after_its_own_calls_only()
    {
        using var cluster = new FakeCluster(Watch, versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1)]);
        var (forgetful, busy) = (cluster["m", 1, 0], cluster["n", 1, 0]);
        var (answer, marks) = (new TaskCompletionSource<ReplicaReply>(), new ConcurrentBag<long>());
        busy.OnInfer = (_, _, _) => answer.Task;
        forgetful.OnInfer = (request, mark, _) =>
        {
            marks.Add(mark);
            return forgetful.Calls.Count <= 8 ? new TaskCompletionSource<ReplicaReply>().Task : Task.FromResult(Replies.Answer(request));
        };
        forgetful.OnAsked = static _ => Task.FromResult(false);
        var far = Enumerable.Range(0, 8).Select(_ => cluster.InferAsync("n")).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.InferAsync("m")));

        Assert.Subset(marks.ToHashSet(), forgetful.Questions.SelectMany(static question => question).ToHashSet());
        answer.SetResult(Replies.Answer(busy.Calls.First()));
        await Task.WhenAll(far);
        Assert.Equal(8, busy.Calls.Count);
    }

    [Fact]
    public async Task A_call_whose_replica_does_not_answer_is_made_again_elsewhere()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1, replicas: 2));
        var dead = cluster["m", 1, 0];
        dead.OnInfer = (_, _, _) => new TaskCompletionSource<ReplicaReply>().Task;
        dead.OnAsked = _ => new TaskCompletionSource<bool>().Task;

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => cluster.InferAsync("m", i)));

        Assert.Equal(Enumerable.Range(1, 32).Select(i => (float)i), answers);
        Assert.NotEmpty(dead.Calls);
    }

    [Fact]
    public async Task A_call_that_is_under_way_is_left_alone_and_asked_after_by_its_mark()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var answer = new TaskCompletionSource<ReplicaReply>();
        long mark = 0;
        replica.OnInfer = (_, callId, _) =>
        {
            mark = callId;
            return answer.Task;
        };
        var askedTwice = new TaskCompletionSource();
        replica.OnAsked = callId =>
        {
            if (replica.Questions.Count == 3)
            {
                askedTwice.TrySetResult();
            }

            return Task.FromResult(callId == mark);
        };
        var call = cluster.InferAsync("m");
        await askedTwice.Task.WaitAsync(TimeSpan.FromMinutes(1));

        answer.SetResult(Replies.Answer(replica.Calls.Single()));

        Assert.Equal(2, await call);
        Assert.NotEqual(0, mark);
        Assert.All(replica.Questions, asked => Assert.Equal([mark], asked));
        Assert.Equal(0, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task A_replica_that_does_not_answer_is_asked_for_all_of_its_calls_together()
    {
        using var cluster = new FakeCluster(
            options =>
            {
                Watch(options);
                options.WatchInterval = TimeSpan.FromSeconds(1);
            },
            versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var isBack = false;
        replica.OnInfer = (request, _, _) =>
            isBack ? Task.FromResult(Replies.Answer(request)) : new TaskCompletionSource<ReplicaReply>().Task;
        replica.OnAsked = mark =>
        {
            isBack |= mark == 0;
            return isBack ? Task.FromResult(false) : new TaskCompletionSource<bool>().Task;
        };

        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => cluster.InferAsync("m", i)));

        await cluster.UntilAsync(() => cluster.Counters.Abandoned == 32);
        Assert.InRange(replica.Questions.Count(marks => !marks.IsEmpty), 1, 8);
    }

    [Fact]
    public async Task A_call_whose_question_is_never_answered_is_given_up_though_other_calls_are_answered()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var isLost = true;
        replica.OnInfer = (request, _, _) =>
        {
            if (isLost)
            {
                isLost = false;
                return new TaskCompletionSource<ReplicaReply>().Task;
            }

            return Task.FromResult(Replies.Answer(request));
        };
        replica.OnAsked = mark => mark == 0 ? Task.FromResult(true) : new TaskCompletionSource<bool>().Task;
        var lost = cluster.InferAsync("m", 7);

        await cluster.UntilAsync(() =>
        {
            _ = cluster.InferAsync("m");
            return lost.IsCompleted;
        });

        Assert.Equal(8, await lost);
        Assert.Equal(1, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task A_call_on_a_silent_channel_is_given_up_at_once_though_a_relay_to_its_replica_answers()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var relayed = new FakeReplica(replica.Id) { OnInfer = static (request, _, _) => Task.FromResult(Replies.Answer(request)) };
        cluster.RelayOf(2).Reaches = relayed;
        replica.OnInfer = static (_, _, _) => new TaskCompletionSource<ReplicaReply>().Task;
        replica.OnAsked = static _ => new TaskCompletionSource<bool>().Task;
        var lost = cluster.InferAsync("m", 7);
        await cluster.UntilAsync(() => !replica.Calls.IsEmpty);
        var endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Endpoints(1)[0];
        Assert.True(endpoint.TrySwitch(endpoint.Direct, new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, cluster.RelayOf(2), cluster.Snapshots.Current.Nodes[1])));

        await cluster.UntilAsync(() =>
        {
            _ = cluster.InferAsync("m");
            return lost.IsCompleted;
        });

        Assert.Equal(8, await lost);
        Assert.Equal(1, cluster.Counters.Abandoned);
        Assert.InRange(replica.Questions.Count(static marks => !marks.IsEmpty), 1, 2);
    }

    [Fact]
    public async Task Of_calls_whose_answers_were_lost_each_is_found_though_others_are_under_way()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var hold = new TaskCompletionSource();
        var lost = new System.Collections.Concurrent.ConcurrentDictionary<long, bool>();
        replica.OnInfer = async (request, mark, _) =>
        {
            if (replica.Calls.Count <= 6)
            {
                lost[mark] = true;
                await new TaskCompletionSource().Task;
            }

            await hold.Task;
            return Replies.Answer(request);
        };
        replica.OnAsked = mark => Task.FromResult(!lost.ContainsKey(mark));
        var calls = Enumerable.Range(0, 12).Select(i => cluster.InferAsync("m", i)).ToArray();
        await cluster.UntilAsync(() => cluster.Counters.Retries == 6);

        hold.SetResult();

        Assert.Equal(Enumerable.Range(1, 12).Select(i => (float)i), await Task.WhenAll(calls));
        await cluster.UntilAsync(() => cluster.Counters.Abandoned == 6);
    }

    [Fact]
    public async Task Quick_calls_are_not_asked_after()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1));
        for (var i = 0; i < 100; i++)
        {
            await cluster.InferAsync("m");
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Empty(cluster["m", 1, 0].Questions);
    }

    [Fact]
    public async Task A_call_given_up_by_its_caller_is_not_made_again()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        using var caller = new CancellationTokenSource();
        cluster["m", 1, 0].OnInfer = (_, _, _) => new TaskCompletionSource<ReplicaReply>().Task;
        var call = cluster.InferAsync("m", cancellationToken: caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Single(cluster["m", 1, 0].Calls);
    }

    [Fact]
    public async Task A_call_that_is_still_on_its_way_is_asked_after_once_more_before_it_is_given_up()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var answer = new TaskCompletionSource<ReplicaReply>();
        var askedAgain = new TaskCompletionSource();
        replica.OnInfer = (_, _, _) => answer.Task;
        replica.OnAsked = _ =>
        {
            if (replica.Questions.Count >= 4)
            {
                askedAgain.TrySetResult();
            }

            // Every other question is answered as by a replica that the request has not reached.
            return Task.FromResult(replica.Questions.Count % 2 == 0);
        };
        var call = cluster.InferAsync("m");
        await askedAgain.Task.WaitAsync(TimeSpan.FromMinutes(1));

        answer.SetResult(Replies.Answer(replica.Calls.Single()));

        Assert.Equal(2, await call);
        Assert.Equal(0, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task A_replica_that_answers_other_calls_is_not_taken_for_silent_though_questions_are_late()
    {
        using var cluster = new FakeCluster(Watch, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        var late = new TaskCompletionSource<ReplicaReply>();
        var asked = 0;
        replica.OnInfer = (request, _, _) => replica.Calls.Count == 1 ? late.Task : Task.FromResult(Replies.Answer(request));
        replica.OnAsked = _ =>
        {
            Interlocked.Increment(ref asked);
            return new TaskCompletionSource<bool>().Task;
        };
        var call = cluster.InferAsync("m");
        for (var start = TimeProvider.System.GetTimestamp(); asked < 6; await Task.Delay(5))
        {
            Assert.Equal(3, await cluster.InferAsync("m", 2));
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(1));
        }

        late.SetResult(Replies.Answer(replica.Calls.First()));

        Assert.Equal(2, await call);
        Assert.Equal(0, cluster.Counters.Abandoned);
    }

    private static void Watch(ClusterCallOptions options)
    {
        options.WatchInterval = TimeSpan.FromMilliseconds(50);
        options.WatchTimeout = TimeSpan.FromMilliseconds(200);
    }
}
