using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Building;
using Krewe.Serving.Tests.Aliasing;

namespace Krewe.Conformance.Tests.Aliasing;

/// <summary>
/// A caller gets its own numbers also where an output is an input. The programs overwrite what they free, so that an answer written from memory that
/// was given back is wrong each time.
/// </summary>
public sealed class AliasedOutputTests(AliasedModels models) : IClassFixture<AliasedModels>
{
    private const int Callers = 24;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Callers_of_an_output_that_is_an_input_get_what_they_sent(bool inBinary) => ForAllCallersAsync(5, async caller =>
    {
        var x = WireTensor.Of<float>("x", [caller, caller + 0.25f, caller + 0.5f, caller + 0.75f], 1, AliasedGraph.Columns);
        var answer = await CallAsync(AliasedModels.Negated, [x], inBinary);
        Assert.Equal(x.Values<float>().Select(static value => -value), answer.Outputs.Single(static output => output.Name == "y").Values<float>());
        Assert.Equal(x.Values<float>(), answer.Outputs.Single(static output => output.Name == "x").Values<float>());
    });

    [Fact]
    public Task Large_tensors_are_their_callers_own_too() => ForAllCallersAsync(3, async caller =>
    {
        var x = WireTensor.Of<float>("x", Enumerable.Repeat((float)caller, AliasedModels.LargeColumns).ToArray(), 1, AliasedModels.LargeColumns);
        var answer = await CallAsync(AliasedModels.Large, [x], inBinary: true);
        Assert.True(answer.Outputs.Single(static output => output.Name == "x").Data.AsSpan().SequenceEqual(x.Data), $"caller {caller} got other numbers");
    });

    [Theory]
    [InlineData("joined", 1, false)]
    [InlineData("joined", 2, true)]
    [InlineData("split", 5, false)]
    [InlineData("split", 5, true)]
    [InlineData("alone", 3, false)]
    [InlineData("alone", 3, true)]
    public async Task Every_answer_of_a_generated_graph_is_its_callers_own(string way, int rows, bool inBinary)
    {
        foreach (var (index, graph) in AliasedModels.Drawn.Index())
        {
            await ForAllCallersAsync(2, caller => CheckAsync($"{way}-{index}", graph, caller, rows, inBinary));
        }
    }

    [Fact]
    public Task An_output_that_is_an_initializer_stays_what_it_is() => ForAllCallersAsync(2, async caller =>
    {
        var answer = await CheckAsync(AliasedModels.Constant, AliasedModels.WithConstants, caller, 2, inBinary: true);
        Assert.All(
            answer.Outputs.Where(static output => output.Name.StartsWith("constant", StringComparison.Ordinal)),
            static output => Assert.Equal(AliasedGraph.Constant, output.Values<float>()));
    });

    private async Task<InferAnswer> CheckAsync(string model, AliasedGraph graph, int caller, int rows, bool inBinary)
    {
        var answer = await CallAsync(model, [.. graph.Inputs.Select(input => TensorOf(input, caller, rows))], inBinary);
        foreach (var output in graph.Outputs)
        {
            var (expected, found) = (TensorOf(output, caller, rows), answer.Outputs.Single(tensor => tensor.Name == output.Name));
            Assert.True(expected.Equals(found, anyNaN: false), $"{model} ({graph.Name}), caller {caller}: expected {expected}, got {found}");
        }

        return answer;
    }

    private async Task<InferAnswer> CallAsync(string model, IReadOnlyList<WireTensor> inputs, bool inBinary)
    {
        var answer = inBinary ? await models.Client.InferBinaryAsync(model, inputs) : await models.Client.InferJsonAsync(model, inputs);
        Assert.True(answer.Status == 200, $"{model}: {answer.Status} {answer.Error}");
        return answer;
    }

    private static async Task ForAllCallersAsync(int rounds, Func<int, Task> call)
    {
        for (var round = 0; round < rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(1, Callers).Select(call));
        }
    }

    private static WireTensor TensorOf(AliasedGraph.Value value, int caller, int rows) => new(
        value.Name,
        value.Type switch
        {
            TensorType.Float => "FP32",
            TensorType.Int64 => "INT64",
            TensorType.UInt8 => "UINT8",
            _ => DatatypeTable.Bytes,
        },
        [rows, AliasedGraph.Columns], AliasedGraph.DataOf(value, caller, rows));
}
