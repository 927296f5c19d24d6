using System.Runtime.InteropServices;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Tests.Cluster;

namespace Krewe.Grains.Tests.Replicas;

public sealed class RelayGrainTests
{
    private const int Callers = 12;
    private const int Floats = 250_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Large_tensors_pass_whole_through_every_silo_the_replicas_own_too()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m"));
        (await cluster[0].Replica("m").LoadAsync()).Response?.Dispose();
        foreach (var caller in cluster.Silos)
        {
            foreach (var relay in cluster.Silos)
            {
                await Task.WhenAll(Enumerable.Range(1, Callers).Select(async number =>
                {
                    float[] values = [.. Enumerable.Range(0, Floats).Select(i => (float)((number * i) % 8191))];
                    var request = TestCluster.Request("m", values);
                    var reply = await Relay(caller, relay).InferAsync(new ReplicaId(FakeNode.Id("m"), 0), request, number, Cancellation);
                    using var response = reply.Response!;
                    Assert.Null(reply.Fault);
                    Assert.Equal(cluster.Home("m")!.Address.ToParsableString(), reply.Silo);
                    Assert.True(MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).SequenceEqual(values));
                    Assert.True(request.Lease(), "the request is still its maker's");
                }));
            }
        }
    }

    [Fact]
    public async Task What_a_relay_and_a_replica_received_is_given_back()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m"));
        (await cluster[0].Replica("m").LoadAsync()).Response?.Dispose();
        var home = cluster.Home("m")!;
        var others = cluster.Silos.Where(silo => silo != home).ToArray();
        foreach (var relay in new[] { others[1], home })
        {
            InferenceRequest? seen = null;
            home.Node.OnInfer = (request, _) =>
            {
                seen = request;
                return Task.FromResult(FakeNode.Echo(request));
            };
            var reply = await Relay(others[0], relay).InferAsync(new ReplicaId(FakeNode.Id("m"), 0), TestCluster.Request("m", 1), 0, Cancellation);
            reply.Response!.Dispose();
            Assert.False(seen!.Lease());
        }
    }

    [Fact]
    public async Task A_call_is_known_by_its_mark_through_a_relay_and_ends_with_its_caller()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m"));
        (await cluster[0].Replica("m").LoadAsync()).Response?.Dispose();
        var home = cluster.Home("m")!;
        var relay = Relay(home, cluster.Silos.First(silo => silo != home));
        var replica = new ReplicaId(FakeNode.Id("m"), 0);
        var cancelled = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        home.Node.OnInfer = async (_, token) =>
        {
            begun.SetResult();
            await using var registration = token.Register(cancelled.SetResult);
            await cancelled.Task;
            throw new OperationCanceledException();
        };
        using var caller = new CancellationTokenSource();
        var call = relay.InferAsync(replica, TestCluster.Request("m", 1), 7, caller.Token);
        await begun.Task.WaitAsync(Cancellation);

        Assert.Equal([8], await relay.FindUnknownAsync(replica, [7, 8]));
        await caller.CancelAsync();
        await cancelled.Task.WaitAsync(Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    private static IRelayGrain Relay(TestSilo caller, TestSilo relay) =>
        caller.Grains.GetGrain<IRelayGrain>(relay.Address.ToParsableString());
}
