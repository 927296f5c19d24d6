using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Replicas;
using Krewe.Grains.Tests.Cluster;

namespace Krewe.Grains.Tests.Replicas;

public sealed class ReplicaGrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replica_answers_the_same_from_any_silo()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        foreach (var silo in cluster.Silos)
        {
            using var request = TestCluster.Request("m", 1, 2, 3);
            var reply = await silo.Replica("m").InferAsync(request, 0, Cancellation);
            Assert.Null(reply.Fault);
            using var response = reply.Response!;
            Assert.Equal([1, 2, 3], MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
            Assert.Equal(cluster.Home("m")!.Address.ToParsableString(), reply.Silo);
        }
    }

    [Fact]
    public async Task A_request_passed_within_the_process_stays_its_makers_and_one_from_a_message_is_given_back()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        foreach (var silo in cluster.Silos)
        {
            InferenceRequest? seen = null;
            var owner = new CountedOwner();
            Array.ForEach([.. cluster.Silos], other => other.Node.OnInfer = (request, _) =>
            {
                seen = request;
                return Task.FromResult(FakeNode.Echo(request));
            });
            var request = WithOwner(TestCluster.Request("m", 1), owner);
            (await silo.Replica("m").InferAsync(request, 0, Cancellation)).Response!.Dispose();

            var isLocal = cluster.Home("m") == silo;
            Assert.Equal(isLocal, ReferenceEquals(seen, request));
            Assert.Equal(0, owner.Disposals);
            Assert.True(request.Lease());
            Assert.Equal(isLocal, seen!.Lease());
        }
    }

    [Fact]
    public async Task Failures_come_back_as_faults_and_not_as_exceptions()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        var failures = new (Exception Error, KreweErrorCode Code)[]
        {
            (KreweException.InvalidInput("no"), KreweErrorCode.InvalidInput),
            (KreweException.Overloaded("full", TimeSpan.FromSeconds(3)), KreweErrorCode.Overloaded),
            (KreweException.DeadlineExceeded("late"), KreweErrorCode.DeadlineExceeded),
            (new OperationCanceledException(), KreweErrorCode.Cancelled),
            (new InvalidOperationException("boom"), KreweErrorCode.Internal),
        };
        foreach (var (error, code) in failures)
        {
            cluster[0].Node.OnInfer = (_, _) => throw error;
            using var request = TestCluster.Request("m", 1);
            var reply = await cluster[0].Replica("m").InferAsync(request, 0, Cancellation);
            Assert.Equal(code, reply.Fault!.Code);
            Assert.Equal((error as KreweException)?.RetryAfter, reply.Fault.RetryAfter);
            Assert.False(reply.Fault.TryElsewhere);
            Assert.DoesNotContain("boom", reply.Fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_the_call_on_another_silo_too()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        using var first = TestCluster.Request("m", 1);
        (await cluster[0].Replica("m").InferAsync(first, 0, Cancellation)).Response!.Dispose();
        var home = cluster.Home("m")!;
        var caller = cluster.Silos.Single(silo => silo != home);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        home.Node.OnInfer = async (_, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };
        using var source = new CancellationTokenSource();
        using var request = TestCluster.Request("m", 1);
        var call = caller.Replica("m").InferAsync(request, 7, source.Token);
        await entered.Task;
        Assert.Equal([8], await caller.Replica("m").FindUnknownAsync([7, 8]));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var reply = await call;
            throw reply.Fault!.Code == KreweErrorCode.Cancelled ? new OperationCanceledException() : new InvalidOperationException(reply.Fault.Message);
        });
        await cluster.UntilAsync(() => home.Get<ReplicaRegistry>().Running == 0);
        Assert.Equal([7], await caller.Replica("m").FindUnknownAsync([7]));
    }

    [Fact]
    public async Task An_answer_that_no_message_can_carry_is_refused_with_its_size()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"), options => options.MaxAnswerBytes = 8);
        using var request = TestCluster.Request("m", 1, 2, 3);
        var reply = await cluster[0].Replica("m").InferAsync(request, 0, Cancellation);
        Assert.Null(reply.Response);
        Assert.Equal(KreweErrorCode.PayloadTooLarge, reply.Fault!.Code);
        Assert.Contains("bytes in a message, expected at most 8", reply.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_goes_with_its_session_and_comes_back_with_the_next_call()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        await CallAsync(cluster[0], "m");
        Assert.NotNull(cluster.Home("m"));
        cluster[0].Node.Free("m");
        await cluster.UntilAsync(() => cluster.Home("m") is null);
        await CallAsync(cluster[0], "m");
        Assert.Equal(["loaded m", "freed m", "loaded m"], cluster[0].Node.Events);
    }

    [Fact]
    public async Task A_retired_replica_answers_what_is_under_way_and_gives_its_memory_back()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        await CallAsync(cluster[0], "m");
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].Node.OnInfer = async (request, _) =>
        {
            await answer.Task;
            return FakeNode.Echo(request);
        };
        using var request = TestCluster.Request("m", 1);
        var call = cluster[0].Replica("m").InferAsync(request, 0, Cancellation);
        await cluster.UntilAsync(() => cluster[0].Get<ReplicaRegistry>().Running == 1);
        await cluster[0].Replica("m").RetireAsync();
        Assert.True(cluster[0].Node.IsLoaded("m"));
        answer.SetResult();
        (await call).Response!.Dispose();
        await cluster.UntilAsync(() => cluster.Home("m") is null && !cluster[0].Node.IsLoaded("m"));
    }

    [Fact]
    public async Task Where_this_silo_has_no_room_the_next_try_is_placed_on_another_one()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        var full = new HashSet<FakeNode>();
        foreach (var silo in cluster.Silos)
        {
            silo.Node.OnLoad = _ => full.Count == 0 || full.Contains(silo.Node)
                ? Refuse(full, silo.Node)
                : Task.CompletedTask;
        }

        using var request = TestCluster.Request("m", 1);
        var first = await cluster[0].Replica("m").InferAsync(request, 0, Cancellation);
        Assert.Equal(KreweErrorCode.Overloaded, first.Fault!.Code);
        Assert.True(first.Fault.TryElsewhere);

        var answered = await cluster[0].Replica("m").InferAsync(request, 0, Cancellation);
        Assert.NotNull(answered.Response);
        answered.Response.Dispose();
        Assert.NotEqual(first.Silo, answered.Silo);
    }

    internal static async Task CallAsync(TestSilo from, string model, int index = 0)
    {
        using var request = TestCluster.Request(model, 1);
        var reply = await from.Replica(model, index).InferAsync(request, 0, Cancellation);
        Assert.Null(reply.Fault);
        reply.Response!.Dispose();
    }

    private static Task Refuse(HashSet<FakeNode> full, FakeNode node)
    {
        full.Add(node);
        throw KreweException.Overloaded("no room", TimeSpan.FromSeconds(1));
    }

    private static InferenceRequest WithOwner(InferenceRequest request, IDisposable owner) =>
        new() { Model = request.Model, Inputs = request.Inputs, Owner = owner };

    private sealed class CountedOwner : IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
