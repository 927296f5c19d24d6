using System.Runtime.InteropServices;

namespace Krewe.Grains.Tests;

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
}
