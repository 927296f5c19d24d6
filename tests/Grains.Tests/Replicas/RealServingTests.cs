using System.Runtime.InteropServices;
using Krewe.Onnx;
using Krewe.Serving;

namespace Krewe.Grains.Tests;

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
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Views.Current.Nodes.All(node => node.Catalog.Count == 1)));
        foreach (var silo in cluster.Silos)
        {
            await DoubleAsync(silo);
        }

        var home = cluster.Home("m")!;
        await cluster.UntilAsync(() => cluster[0].Views.Current.Nodes.Sum(node => node.Sessions.Count) == 1);
        await home.Get<IServingNode>().ReleaseAsync(FakeNode.Id("m"), Cancellation);
        await cluster.UntilAsync(() => cluster.Home("m") is null);
        await DoubleAsync(cluster[0]);
        await cluster.UntilAsync(() => cluster.Storage.Writes == 4);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private static async Task DoubleAsync(TestSilo from)
    {
        using var request = TestCluster.Request("m", 1, 2, 3);
        var reply = await from.Replica("m").InferAsync(request, 0, Cancellation);
        Assert.Null(reply.Fault);
        using var response = reply.Response!;
        Assert.Equal([2, 4, 6], MemoryMarshal.Cast<byte, float>(response.Outputs[0].Data.Span).ToArray());
    }
}
