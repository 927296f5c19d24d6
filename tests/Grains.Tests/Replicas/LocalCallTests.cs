using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Admission;
using Krewe.Grains.Draining;
using Krewe.Grains.Replicas;
using Krewe.Grains.Tests.Cluster;
using Orleans.Configuration;

namespace Krewe.Grains.Tests.Replicas;

/// <summary>Calls whose replica is on the caller's own silo.</summary>
public sealed class LocalCallTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_on_the_replicas_own_silo_is_answered_without_a_message_or_a_copy_and_from_elsewhere_by_one()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        await CallAsync(cluster[0]);
        var home = cluster.Home("m")!;
        ConcurrentQueue<InferenceRequest> seen = new();
        home.Node.OnInfer = (request, _) =>
        {
            seen.Enqueue(request);
            return Task.FromResult(FakeNode.Echo(request));
        };
        foreach (var silo in cluster.Silos)
        {
            using var request = TestCluster.Request("m", 1);
            (await silo.Models.InferAsync(request, Cancellation)).Dispose();
            Assert.True(seen.TryDequeue(out var received));
            Assert.Equal(silo == home, ReferenceEquals(request, received));
        }

        Assert.Equal(0, home.Get<ReplicaRegistry>().Running);
        Assert.Equal(3, Assert.Single(home.Get<ReplicaRegistry>().All).Calls);
    }

    [Fact]
    public async Task What_no_message_can_carry_is_answered_where_the_replica_is_on_the_callers_silo_from_the_first_call_on()
    {
        await using var cluster = await TestCluster.StartAsync(
            2, node => node.Add("m"), options => options.MaxAnswerBytes = 4096, calls => calls.MaxMessageBytes = 4096);
        var values = new float[2048];
        Array.Fill(values, 3);
        var outcomes = new List<(TestSilo Silo, KreweErrorCode? Refusal)>();
        foreach (var silo in cluster.Silos)
        {
            outcomes.Add((silo, await TryAsync(silo)));
        }

        var home = cluster.Home("m")!;
        Assert.All(outcomes, outcome => Assert.Equal(outcome.Silo == home ? null : KreweErrorCode.PayloadTooLarge, outcome.Refusal));

        async Task<KreweErrorCode?> TryAsync(TestSilo silo)
        {
            using var request = TestCluster.Request("m", values);
            try
            {
                using var response = await silo.Models.InferAsync(request, Cancellation);
                Assert.Equal(values, MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
                return null;
            }
            catch (KreweException refusal)
            {
                return refusal.Code;
            }
        }
    }

    [Fact]
    public async Task The_largest_request_and_the_largest_answer_follow_from_the_engines_limit_for_messages()
    {
        const int body = 3 << 20;
        await using var cluster = await TestCluster.StartAsync(
            2, node => node.Add("m"),
            engine: static silo => silo.Configure<SiloMessagingOptions>(messages => messages.MaxMessageBodySize = body));
        await CallAsync(cluster[0]);
        var home = cluster.Home("m")!;
        var other = cluster.Silos.Single(silo => silo != home);

        await InferAsync((body - (1 << 20)) * 0.99);
        Assert.StartsWith("the request has", await FailAsync(body * 0.99), StringComparison.Ordinal);
        home.Node.OnInfer = static (_, _) => Task.FromResult(FakeNode.Echo(TestCluster.Request("m", new float[body / sizeof(float)])));
        Assert.StartsWith("the response of", await FailAsync(4), StringComparison.Ordinal);

        async Task<string> FailAsync(double bytes) => (await Assert.ThrowsAsync<KreweException>(() => InferAsync(bytes))).Message;

        async Task InferAsync(double bytes)
        {
            using var request = TestCluster.Request("m", new float[(int)bytes / sizeof(float)]);
            (await other.Models.InferAsync(request, Cancellation)).Dispose();
        }
    }

    [Fact]
    public async Task A_call_whose_time_is_over_ends_and_says_so_and_so_does_one_whose_caller_goes()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        await CallAsync(cluster[0]);
        cluster[0].Node.OnInfer = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };
        using var brief = new InferenceRequest
        {
            Model = ModelReference.Parse("m"), Inputs = TestCluster.Request("m", 1).Inputs, Timeout = TimeSpan.FromMilliseconds(50),
        };
        var late = await Assert.ThrowsAsync<KreweException>(() => cluster[0].Models.InferAsync(brief, Cancellation).AsTask());
        Assert.Equal((KreweErrorCode.DeadlineExceeded, "model 'm/1' did not answer within the 50 ms that the request allows"), (late.Code, late.Message));

        using var caller = new CancellationTokenSource();
        using var request = TestCluster.Request("m", 1);
        var call = cluster[0].Models.InferAsync(request, caller.Token).AsTask();
        await caller.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        Assert.Equal(0, cluster[0].Get<ReplicaRegistry>().Running);
    }

    [Fact]
    public async Task A_replica_that_is_to_go_takes_no_more_calls_without_a_message_and_answers_those_under_way()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        await CallAsync(cluster[0]);
        var home = cluster.Home("m")!;
        var other = cluster.Silos.Single(silo => silo != home);
        var answer = Hold(home, out var entered);
        var call = CallAsync(home);
        await entered;
        var replica = home.Get<ReplicaRegistry>().All.Single();

        replica.MoveTo(other.Address);
        await replica.Context.Deactivated;

        // The activation is gone, and the call is not.
        Assert.False(replica.TryBegin());
        Assert.Equal(1, home.Get<ReplicaRegistry>().Running);
        await CallAsync(home);
        Assert.Equal(other, cluster.Home("m"));
        answer.SetResult();
        await call;
        Assert.Equal(0, home.Get<ReplicaRegistry>().Running);
    }

    [Fact]
    public async Task A_retired_replica_gives_its_memory_back_after_the_calls_under_way()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        await CallAsync(cluster[0]);
        var answer = Hold(cluster[0], out var entered);
        var call = CallAsync(cluster[0]);
        await entered;
        await cluster[0].Replica("m").RetireAsync();
        answer.SetResult();
        await call;
        await cluster.UntilAsync(() => cluster.Home("m") is null && !cluster[0].Node.IsLoaded("m"));
    }

    [Fact]
    public async Task Leaving_waits_for_calls_that_came_without_a_message()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        await CallAsync(cluster[0]);
        var home = cluster.Home("m")!;
        var answer = Hold(home, out var entered);
        var call = CallAsync(home);
        await entered;

        var drain = home.Get<NodeDrain>().DrainAsync(Cancellation);
        await cluster.UntilAsync(() => !home.Get<ReplicaRegistry>().All.Any());
        Assert.False(drain.IsCompleted);
        answer.SetResult();
        await call;
        await drain;
        Assert.Contains(cluster.Log, line => line.Contains("Draining, step 4 of 4", StringComparison.Ordinal));
    }

    /// <summary>Replicas end, move and lose their sessions under calls from their own silo and from another; in the end that silo leaves.</summary>
    [Fact]
    public async Task Replicas_that_come_and_go_under_calls_lose_none()
    {
        await using var cluster = await TestCluster.StartAsync(2, node =>
        {
            node.Add("m");
            node.OnInfer = async (request, _) =>
            {
                await Task.Yield();
                return FakeNode.Echo(request);
            };
        });
        using var over = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(i => Task.Run(() => CallUntilAsync(cluster[i % 2], over.Token))).ToArray();
        for (var round = 0; round < 60; round++)
        {
            await Task.Delay(5, Cancellation);
            if (cluster.Home("m") is not { } home || home.Get<ReplicaRegistry>().All.FirstOrDefault() is not { } replica)
            {
                continue;
            }

            switch (round % 3)
            {
                case 0:
                    replica.Deactivate("the test wants it");
                    break;
                case 1:
                    replica.MoveTo(cluster.Silos.Single(silo => silo != home).Address);
                    break;
                default:
                    home.Node.Free("m");
                    break;
            }
        }

        await cluster.UntilAsync(() => cluster.Home("m") is not null);
        var leaving = cluster.Home("m")!;
        await leaving.Get<NodeDrain>().DrainAsync(Cancellation);
        Assert.Empty(leaving.Get<ReplicaRegistry>().All);
        await over.CancelAsync();
        var counts = await Task.WhenAll(callers);

        Assert.All(counts, count => Assert.NotEqual(0, count));
        Assert.Equal(0, cluster.Silos.Sum(silo => silo.Get<ReplicaRegistry>().Running));
        Assert.Equal(0, cluster.Silos.Sum(silo => silo.Get<CallAdmission>().Outstanding));
        TestContext.Current.TestOutputHelper?.WriteLine($"{counts.Sum()} calls");
    }

    /// <summary>Calls as fast as it can; how many were answered. One that fails fails the test.</summary>
    private static async Task<int> CallUntilAsync(TestSilo from, CancellationToken over)
    {
        var count = 0;
        for (; !over.IsCancellationRequested; count++)
        {
            await CallAsync(from, count);
        }

        return count;
    }

    private static async Task CallAsync(TestSilo from, float value = 1)
    {
        using var request = TestCluster.Request("m", value);
        using var response = await from.Models.InferAsync(request, Cancellation);
        Assert.Equal([value], MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
    }

    /// <summary>Has the first inference on a silo wait until told; those after it do not.</summary>
    private static TaskCompletionSource Hold(TestSilo silo, out Task entered)
    {
        var (come, answer) = (NewSource(), NewSource());
        silo.Node.OnInfer = async (request, _) =>
        {
            if (come.TrySetResult())
            {
                await answer.Task;
            }

            return FakeNode.Echo(request);
        };
        entered = come.Task;
        return answer;

        static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
