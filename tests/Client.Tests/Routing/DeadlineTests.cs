using Krewe.Abstractions.Errors;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>Callers that give up, and the memory of what they sent.</summary>
public sealed class DeadlineTests
{
    [Fact]
    public async Task A_call_ends_when_its_time_is_over_and_says_so()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => new TaskCompletionSource<ReplicaReply>().Task;
        var call = cluster.FailAsync("m", timeout: TimeSpan.FromMilliseconds(1500));

        clock.Advance(TimeSpan.FromMilliseconds(1499));
        Assert.False(call.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var error = await call;

        Assert.Equal(
            (KreweErrorCode.DeadlineExceeded, "model 'm/1' did not answer within the 1500 ms that the request allows"), (error.Code, error.Message));
        Assert.Equal(0, cluster.Admission.Outstanding);
    }

    [Fact]
    public async Task A_silo_that_sees_the_deadline_first_changes_nothing_for_the_caller()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.DeadlineExceeded, "within 1499.1 ms"));

        Assert.Equal(
            "model 'm/1' did not answer within the 60000 ms that the request allows",
            (await cluster.FailAsync("m", timeout: TimeSpan.FromMinutes(1))).Message);
    }

    [Fact]
    public async Task A_call_without_a_deadline_gets_the_reason_for_which_its_run_was_terminated()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.DeadlineExceeded, "not within 60 s, the limit"));

        var error = await cluster.FailAsync("m");

        Assert.Equal((KreweErrorCode.DeadlineExceeded, "not within 60 s, the limit"), (error.Code, error.Message));
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_and_tells_the_replica()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        using var caller = new CancellationTokenSource();
        var told = new TaskCompletionSource<ReplicaReply>();
        cluster["m", 1, 0].OnInfer = (_, _, token) =>
        {
            token.Register(() => told.TrySetCanceled(token));
            return told.Task;
        };
        var call = cluster.InferAsync("m", timeout: TimeSpan.FromMinutes(5), cancellationToken: caller.Token);

        await caller.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(caller.Token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => told.Task);
    }

    [Fact]
    public async Task While_a_lost_replica_is_waited_for_the_deadline_holds()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Replies.Lost();
        cluster["m", 1, 0].OnAsked = _ => Task.FromException<bool>(new SiloUnavailableException("gone"));

        Assert.Equal(KreweErrorCode.DeadlineExceeded, (await cluster.FailAsync("m", timeout: TimeSpan.FromMilliseconds(100))).Code);
    }

    [Fact]
    public async Task An_abandoned_attempt_that_still_waits_to_be_sent_reads_what_was_meant()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        using var memory = new Memory();
        using var caller = new CancellationTokenSource();
        cluster["m", 1, 0].OnInfer = (_, _, _) => new TaskCompletionSource<ReplicaReply>().Task;
        var request = FakeCluster.Request("m", owner: memory);
        var call = cluster.Host.InferAsync(request, caller.Token).AsTask();
        var forwarded = Assert.Single(cluster["m", 1, 0].Calls);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        request.Dispose();

        // As the codec does while it writes: the memory is nobody else's by then.
        Assert.True(forwarded.Lease());
        Assert.False(memory.IsGivenBack);
    }

    [Fact]
    public async Task However_a_call_is_answered_or_lost_the_memory_is_given_back_once()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        var turn = 0;
        cluster["m", 1, 0].OnInfer = cluster["m", 1, 1].OnInfer = (request, _, _) => (turn++ % 4) switch
        {
            0 => Replies.Lost(),
            1 => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it moves", tryElsewhere: true)),
            2 => Task.FromResult(Replies.Fault(KreweErrorCode.InvalidInput)),
            _ => Task.FromResult(Replies.Answer(request)),
        };
        for (var i = 0; i < 40; i++)
        {
            using var memory = new Memory();
            using (var request = FakeCluster.Request("m", owner: memory))
            {
                try
                {
                    (await cluster.Host.InferAsync(request, default)).Dispose();
                }
                catch (KreweException error)
                {
                    Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
                }

                Assert.False(memory.IsGivenBack);
            }

            Assert.True(memory.IsGivenBack);
        }
    }

    private sealed class Memory : IDisposable
    {
        private int disposals;

        public bool IsGivenBack => disposals > 0;

        public void Dispose() => disposals++;
    }
}
