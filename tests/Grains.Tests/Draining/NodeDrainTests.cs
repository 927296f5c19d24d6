using System.Diagnostics;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Draining;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Replicas;
using Krewe.Grains.Tests.Cluster;
using Krewe.Grains.Tests.Replicas;

namespace Krewe.Grains.Tests.Draining;

public sealed class NodeDrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Somebody's own silo with Krewe in it only stops, and that drains it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_leaves_under_calls_without_one_that_fails(bool drainsFirst)
    {
        await using var cluster = await TestCluster.StartAsync(3, node =>
        {
            node.Add("a");
            node.Add("b");
            node.OnInfer = async (request, _) =>
            {
                await Task.Yield();
                return FakeNode.Echo(request);
            };
        });
        await ReplicaGrainTests.CallAsync(cluster[0], "a");
        var leaving = cluster.Home("a")!;
        var staying = cluster.Silos.Where(silo => silo != leaving).ToArray();
        using var over = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(i => CallUntilAsync(staying[i % 2], i % 4 == 3 ? "b" : "a", over.Token)).ToArray();
        await cluster.UntilAsync(() => leaving.Get<ReplicaRegistry>().All.Sum(replica => replica.Calls) > 100);

        if (drainsFirst)
        {
            await leaving.Get<NodeDrain>().DrainAsync(Cancellation);
            Assert.Empty(leaving.Get<ReplicaRegistry>().All);
        }

        var left = leaving.Get<ReplicaRegistry>();
        await cluster.StopAsync(leaving);
        Assert.Empty(left.All);
        await Task.Delay(200, Cancellation);
        await over.CancelAsync();
        var stalls = await Task.WhenAll(callers);

        Assert.NotNull(cluster.Home("a"));
        Assert.True(stalls.Max() < TimeSpan.FromSeconds(5), $"the longest call took {stalls.Max()}");
        Assert.Single(cluster.Log, line => line.Contains("Draining, step 4 of 4", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine($"longest call: {stalls.Max().TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task A_replica_moves_to_a_silo_that_has_loaded_its_version_before()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        await ReplicaGrainTests.CallAsync(cluster[0], "m");
        var leaving = cluster.Home("m")!;
        var target = cluster.Silos.Single(silo => silo != leaving);
        var loadedWhileHere = false;
        target.Node.OnLoad = _ =>
        {
            loadedWhileHere |= cluster.Home("m") == leaving;
            return Task.CompletedTask;
        };
        await leaving.Get<NodeDrain>().DrainAsync(Cancellation);
        Assert.True(loadedWhileHere);
        Assert.Equal(target, cluster.Home("m"));
        Assert.Contains(cluster.Log, line => line.Contains("1 replicas moved and 0 ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_leaving_silo_takes_no_new_replicas()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => Array.ForEach([.. Enumerable.Range(0, 12)], i => node.Add($"m{i}")));
        await cluster[0].Get<NodeDrain>().DrainAsync(Cancellation);
        foreach (var i in Enumerable.Range(0, 12))
        {
            await ReplicaGrainTests.CallAsync(cluster[i % 2], $"m{i}");
            Assert.Equal(cluster[1], cluster.Home($"m{i}"));
        }
    }

    [Fact]
    public async Task A_leave_taking_waits_for_calls_under_way_and_no_longer_than_it_may()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"), options => options.DrainLimit = TimeSpan.FromSeconds(2));
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].Node.OnInfer = async (request, _) =>
        {
            entered.TrySetResult();
            await answer.Task;
            return FakeNode.Echo(request);
        };
        var call = ReplicaGrainTests.CallAsync(cluster[0], "m");
        await entered.Task;
        await cluster[0].Get<NodeDrain>().DrainAsync(Cancellation);
        Assert.Contains(cluster.Log, line => line.Contains("ms: 1 replicas here, 1 calls", StringComparison.Ordinal));
        answer.SetResult();
        await call;
    }

    /// <summary>Calls until told to stop, again at once where a replica says so or its silo is gone; the longest time until an answer.</summary>
    private static async Task<TimeSpan> CallUntilAsync(TestSilo from, string model, CancellationToken over)
    {
        var longest = TimeSpan.Zero;
        while (!over.IsCancellationRequested)
        {
            var watch = Stopwatch.StartNew();
            using var request = TestCluster.Request(model, 1);
            var reply = await CallAsync(from.Replica(model), request);
            while (reply is null or { Fault.TryElsewhere: true })
            {
                reply = await CallAsync(from.Replica(model), request);
            }

            Assert.Null(reply.Fault);
            reply.Response!.Dispose();
            longest = watch.Elapsed > longest ? watch.Elapsed : longest;
            await Task.Delay(1, CancellationToken.None);
        }

        return longest;
    }

    /// <summary>Null where the call was on its way when the silo left: a client makes it again.</summary>
    private static async Task<ReplicaReply?> CallAsync(IReplicaGrain replica, InferenceRequest request)
    {
        try
        {
            return await replica.InferAsync(request, 0, Cancellation);
        }
        catch (SiloUnavailableException)
        {
            return null;
        }
    }
}
