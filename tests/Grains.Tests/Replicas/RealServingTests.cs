using System.Runtime.InteropServices;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Tests.Cluster;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Node;

namespace Krewe.Grains.Tests.Replicas;

/// <summary>The grains over ONNX Runtime itself.</summary>
public sealed class RealServingTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-grains-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_is_loaded_where_it_is_called_answers_freed_and_loaded_again()
    {
        Directory.CreateDirectory(Path.Combine(root, "m", "1"));
        await File.WriteAllBytesAsync(Path.Combine(root, "m", "1", "model.onnx"), TinyModels.FixedShape(3).ToBytes(), Cancellation);
        await using var cluster = await TestCluster.ServeAsync(2, options =>
        {
            options.Repository.Root = root;
            options.Repository.SettleTime = TimeSpan.Zero;
            options.MemoryBudgetBytes = 256L << 20;
        });
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Snapshots.Current.Nodes.All(node => node.Catalog.Count == 1)));
        foreach (var silo in cluster.Silos)
        {
            await DoubleAsync(silo);
        }

        var home = cluster.Home("m")!;
        await ShowsCallsOfItsOwnAlone(cluster, home);
        await cluster.UntilAsync(() => cluster[0].Snapshots.Current.Nodes.Sum(node => node.Sessions.Count) == 1);
        await home.Get<IServingNode>().ReleaseAsync(FakeNode.Id("m"), Cancellation);
        await cluster.UntilAsync(() => cluster.Home("m") is null);
        await DoubleAsync(cluster[0]);
        await cluster.UntilAsync(() => cluster.Storage.Writes == 4);
    }

    /// <summary>From the replica's own silo an answer comes by reference, from the other one over the wire.</summary>
    [Fact]
    public async Task An_output_that_is_an_input_is_each_callers_own_by_reference_and_over_the_wire()
    {
        var model = new ModelBuilder("negated").Input("x", Onnx.Building.TensorType.Float, "N").Node("Neg", ["x"], "y")
            .Output("y", Onnx.Building.TensorType.Float, "N").Output("x", Onnx.Building.TensorType.Float, "N");
        Directory.CreateDirectory(Path.Combine(root, "m", "1"));
        await File.WriteAllBytesAsync(Path.Combine(root, "m", "1", "model.onnx"), model.ToBytes(), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(root, "m", "model.json"), """{"maxBatchSize": 8}""", Cancellation);
        await using var cluster = await TestCluster.ServeAsync(2, options => (options.Repository.Root, options.Repository.SettleTime) = (root, TimeSpan.Zero));
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Snapshots.Current.Nodes.All(node => node.Catalog.Count == 1)));

        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(Enumerable.Range(1, 24).Select(caller => Task.Run(() => NegateAsync(cluster[caller % 2], caller))));
        }
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>Silos of one process have meters of the same names.</summary>
    private static async Task ShowsCallsOfItsOwnAlone(TestCluster cluster, TestSilo home)
    {
        const string Calls = "nv_inference_request_success{model=\"m\",version=\"1\"} 2\n";
        foreach (var silo in cluster.Silos)
        {
            var text = await cluster[0].NodeGrain(silo).GetMetricsAsync();
            Assert.Equal((silo == home, silo == home ? 1 : 0), (text.Contains(Calls, StringComparison.Ordinal), text.Split("nv_inference_count{").Length - 1));
            Assert.Contains("krewe_rollbacks_total", text, StringComparison.Ordinal);
        }

        var merged = await cluster[0].Get<Abstractions.Hosting.ISiloMetrics>().ReadAsync(Cancellation);
        Assert.Contains($"nv_inference_request_success{{model=\"m\",version=\"1\",silo=\"{home.Name}\"}} 2\n", merged, StringComparison.Ordinal);
        Assert.Equal(2, merged.Split("krewe_sessions_loaded{silo=").Length - 1);
    }

    private static async Task NegateAsync(TestSilo from, float number)
    {
        ReplicaReply reply;
        var buffer = PooledBuffer.Rent(sizeof(float));
        MemoryMarshal.Write(buffer.Span, number);
        using (var request = new InferenceRequest
        {
            Model = ModelReference.Parse("m", "1"), Inputs = [Tensor.Create("x", Krewe.Abstractions.Tensors.TensorType.Float32, [1], buffer.Memory, buffer)],
        })
        {
            reply = await from.Replica("m").InferAsync(request, 0, Cancellation);
        }

        Assert.Null(reply.Fault);
        using var response = reply.Response!;
        Assert.Equal([-number, number], response.Outputs.Select(static output => MemoryMarshal.Read<float>(output.Data.Span)));
    }

    private static async Task DoubleAsync(TestSilo from)
    {
        using var request = TestCluster.Request("m", 1, 2, 3);
        var reply = await from.Replica("m").InferAsync(request, 0, Cancellation);
        Assert.Null(reply.Fault);
        using var response = reply.Response!;
        Assert.Equal([2, 4, 6], MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
    }
}
