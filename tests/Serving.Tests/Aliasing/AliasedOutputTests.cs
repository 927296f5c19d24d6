using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Plans;
using Krewe.Serving.Batching;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Rollouts;
using TensorType = Krewe.Abstractions.Tensors.TensorType;

namespace Krewe.Serving.Tests.Aliasing;

/// <summary>
/// An answer is its caller's own also where ONNX Runtime gives an output the memory of an input. Freed memory is overwritten in these tests, so that
/// an answer that refers to it is wrong each time and not only under load.
/// </summary>
[Trait("category", "slow")]
public sealed class AliasedOutputTests
{
    private const int Callers = 24;
    private const int Graphs = 60;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("joined", """{"maxBatchSize": 8, "maxQueueDelayMicroseconds": 500}""", 1)]
    [InlineData("split", """{"maxBatchSize": 2}""", 5)]
    [InlineData("single", """{"maxBatchSize": 1}""", 3)]
    [InlineData("alone", """{"maxBatchSize": 0}""", 2)]
    public async Task Every_answer_of_a_generated_graph_is_its_callers_own(string way, string settings, int rows)
    {
        var first = Replay.Seed();
        await using var serving = new ServingFixture();
        var graphs = Enumerable.Range(first, Graphs).Select(seed => AliasedGraph.Draw(seed, hasConstants: way == "alone")).ToArray();
        for (var i = 0; i < graphs.Length; i++)
        {
            serving.Add($"g{i}", 1, graphs[i].Model, settings);
        }

        await serving.StartAsync();
        for (var i = 0; i < graphs.Length; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller =>
                Task.Run(() => CallAsync(request => serving.Host.InferAsync(request, Token), $"g{i}", graphs[i], caller, rows, isBackground: false, $"{way}, {graphs[i].Name}"))));
        }
    }

    [Fact]
    public async Task A_background_run_computes_its_own_outputs()
    {
        var first = Replay.Seed();
        await using var serving = new ServingFixture();
        var graphs = Enumerable.Range(first, Graphs).Select(seed => AliasedGraph.Draw(seed)).ToArray();
        for (var i = 0; i < graphs.Length; i++)
        {
            serving.Add($"g{i}", 1, graphs[i].Model, """{"maxBatchSize": 8}""");
        }

        await serving.StartAsync();
        for (var i = 0; i < graphs.Length; i++)
        {
            await serving.Host.LoadAsync(ModelReference.Parse($"g{i}"), Token);
            await Task.WhenAll(Enumerable.Range(0, BackgroundQueue.MaxLength).Select(caller =>
                Task.Run(() => CallAsync(request => serving.Host.InferAsync(request, Token), $"g{i}", graphs[i], caller, 3, isBackground: true, $"background, {graphs[i].Name}"))));
        }
    }

    [Fact]
    public async Task An_answer_outlives_the_session_that_gave_it()
    {
        await using var serving = new ServingFixture();
        var graph = AliasedGraph.Draw(1, hasConstants: true);
        serving.Add("g", 1, graph.Model, """{"maxBatchSize": 0}""");
        await serving.StartAsync();
        using var request = RequestOf("g", graph, caller: 7, rows: 2, isBackground: false);

        using var answer = await serving.Host.InferAsync(request, Token);
        using (await serving.Host.InferAsync(request, Token))
        {
            // Its memory is overwritten when it is released; no other memory may be.
        }

        await serving.Host.UnloadAsync(ModelReference.Parse("g"), Token);
        Check(answer, graph, 7, 2, "unloaded");
    }

    [Fact]
    public async Task A_shadow_answer_is_compared_with_the_served_one()
    {
        await using var routed = new RoutedServing();
        var graph = AliasedGraph.Draw(Replay.Seed());
        routed.Serving.Add("m", 1, graph.Model);
        routed.Serving.Add("m", 2, graph.Model);
        await routed.Serving.StartAsync();
        await routed.HoldAsync(isHeld: true);
        routed.Route = routed.Route with { Shadow = Share.All };

        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller =>
                Task.Run(() => CallAsync(routed.InferAsync, "m", graph, caller, 1, isBackground: false, $"shadowed, {graph.Name}"))));
        }

        await ServingFixture.UntilAsync(() => routed.Counts is var counts
            && counts.Comparison.Compared + counts.Comparison.Skipped + counts.Shadow.Errors == counts.Serving.Requests);
        var comparison = routed.Counts.Comparison;
        Assert.True(comparison is { Compared: > 0, Disagreements: 0, LargestDifference: 0 }, $"{graph.Name}: {comparison}");
    }

    private static async Task CallAsync(
        Func<InferenceRequest, ValueTask<InferenceResponse>> infer, string model, AliasedGraph graph, int caller, int rows, bool isBackground, string which)
    {
        for (var round = 0; round < 3; round++)
        {
            InferenceResponse response;
            using (var request = RequestOf(model, graph, caller, rows, isBackground))
            {
                response = await infer(request);
            }

            using (response)
            {
                Check(response, graph, caller, rows, which);
            }
        }
    }

    private static void Check(InferenceResponse response, AliasedGraph graph, int caller, int rows, string which)
    {
        foreach (var output in graph.Outputs)
        {
            Assert.Equal([rows, AliasedGraph.Columns], response[output.Name].Shape);
            Assert.True(
                response[output.Name].Data.Span.SequenceEqual(AliasedGraph.DataOf(output, caller, rows)),
                $"{which}: output '{output.Name}' {output.Type} of caller {caller} is not what it sent as x{output.Input}");
        }

        foreach (var constant in response.Outputs.Where(static output => output.Name.StartsWith("constant", StringComparison.Ordinal)))
        {
            Assert.Equal(AliasedGraph.Constant, constant.ToFloats());
        }
    }

    /// <summary>Inputs in pooled memory, every second caller's not aligned as native code likes it.</summary>
    private static InferenceRequest RequestOf(string model, AliasedGraph graph, int caller, int rows, bool isBackground) => new()
    {
        Model = ModelReference.Parse(model),
        IsBackground = isBackground,
        Inputs = [.. graph.Inputs.Select(input =>
        {
            var data = AliasedGraph.DataOf(input, caller, rows);
            var offset = caller % 2 * 8;
            var buffer = PooledBuffer.Rent(offset + data.Length);
            data.CopyTo(buffer.Span[offset..]);
            return Tensor.Create(input.Name, TypeOf(input.Type), [rows, AliasedGraph.Columns], buffer.Memory[offset..], buffer);
        })],
    };

    private static TensorType TypeOf(Onnx.Building.TensorType type) => type switch
    {
        Onnx.Building.TensorType.Float => TensorType.Float32,
        Onnx.Building.TensorType.Int64 => TensorType.Int64,
        Onnx.Building.TensorType.UInt8 => TensorType.UInt8,
        _ => TensorType.Bytes,
    };
}
