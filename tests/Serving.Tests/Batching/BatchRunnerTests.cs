using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Batching;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Logging;
using TensorType = Krewe.Abstractions.Tensors.TensorType;

namespace Krewe.Serving.Tests.Batching;

/// <summary>The runner alone, on sessions of real models.</summary>
public sealed class BatchRunnerTests : IAsyncDisposable
{
    private readonly ServingFixture serving = new();
    private readonly VersionStatistics statistics = new();
    private readonly List<InferenceResponse> answers = [];
    private LoadedModel? loaded;

    private ModelStatistics Counted => statistics.Read(default, 0);

    [Fact]
    public async Task Requests_of_a_batch_share_a_run_and_each_gets_its_own_rows()
    {
        var runner = await LoadAsync(TinyModels.Mlp(4, 8, 3));
        var inputs = new[] { 2, 1, 3 }.Select(static (rows, seed) => Tensors.Random("x", seed, rows, 4)).ToArray();
        var alone = inputs.Select(Pending).ToArray();
        Array.ForEach(alone, pending => runner.Run([pending], 32));
        Assert.Equal((3, 6), (Counted.ExecutionCount, Counted.InferenceCount));

        var together = inputs.Select(Pending).ToArray();
        runner.Run([.. together], 32);

        Assert.Equal((4, 12), (Counted.ExecutionCount, Counted.InferenceCount));
        Assert.Equal([1, 2, 3, 6], Counted.Batches.Select(static batch => batch.BatchSize));
        foreach (var (one, other) in alone.Zip(together))
        {
            var (expected, actual) = (await AnswerAsync(one), await AnswerAsync(other));
            Assert.Equal(expected.Outputs[0].Shape, actual.Outputs[0].Shape);
            var pairs = expected.Outputs[0].ToFloats().Zip(actual.Outputs[0].ToFloats());
            Assert.All(pairs, static pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }

        Assert.True(loaded!.IsIdle);
    }

    [Fact]
    public async Task Strings_are_joined_and_taken_apart_like_numbers()
    {
        var runner = await LoadAsync(TinyModels.Strings());
        string[] texts = ["one", "", "three and a half"];
        var batch = texts.Select(text => Pending(Tensor.Create("x", TensorType.Bytes, [1], Packed(text)))).ToList();

        runner.Run(batch, 32);

        Assert.Equal(1, Counted.ExecutionCount);
        foreach (var (pending, text) in batch.Zip(texts))
        {
            Assert.Equal(Packed(text), (await AnswerAsync(pending)).Outputs[0].Data.ToArray());
        }
    }

    [Fact]
    public async Task A_failing_request_does_not_fail_the_rest_of_its_batch()
    {
        var runner = await LoadAsync(TinyModels.Gather());
        var batch = new[] { 1L, 99, 3 }.Select(index => Pending(Tensors.Longs("index", [1], index))).ToList();

        runner.Run(batch, 32);

        var error = await Assert.ThrowsAsync<KreweException>(() => batch[1].Answer.AsTask());
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Equal([2f, 3], await FloatsAsync(batch[0]));
        Assert.Equal([6f, 7], await FloatsAsync(batch[2]));
        Assert.Equal(2, Counted.ExecutionCount);
        Assert.True(loaded!.IsIdle);
    }

    [Fact]
    public async Task Batching_is_disabled_if_outputs_do_not_match_the_batch()
    {
        var runner = await LoadAsync(Sum());
        for (var round = 0; round < 2; round++)
        {
            var batch = new[] { 1f, 2 }.Select(value => Pending(Tensors.Floats("x", [1, 2], value, value))).ToList();
            runner.Run(batch, 32);

            Assert.Equal([1f, 1], await FloatsAsync(batch[0]));
            Assert.Equal([2f, 2], await FloatsAsync(batch[1]));
        }

        Assert.Equal(4, Counted.ExecutionCount);
        Assert.Single(serving.Log.Lines, static line => line.Contains("batching is disabled", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, 5)]
    [InlineData(5, 5)]
    [InlineData(0, 5)]
    public async Task A_request_of_more_rows_than_a_run_may_have_is_split_and_counts_once(int maxBatchSize, int rows)
    {
        var runner = await LoadAsync(TinyModels.TwoInputs());
        var a = Tensors.Random("a", 1, rows, 2);
        var b = Tensors.Longs("b", [rows, 2], [.. Enumerable.Range(0, rows * 2).Select(static i => (long)i)]);
        var pending = Pending(rows, default, a, b);

        runner.Run([pending], maxBatchSize);

        var answer = await AnswerAsync(pending);
        Assert.Equal(["sum", "positive"], answer.Outputs.Select(static output => output.Name));
        Assert.Equal([rows, 2], answer.Outputs[0].Shape);
        Assert.Equal(a.ToFloats().Select(static (value, i) => value + i), answer.Outputs[0].ToFloats());
        Assert.Equal((1, rows), (Counted.ExecutionCount, Counted.InferenceCount));
    }

    [Fact]
    public async Task What_cannot_be_split_is_refused_with_what_to_do()
    {
        var runner = await LoadAsync(Sum());
        var pending = Pending(Tensors.Random("x", 1, 3, 2));

        runner.Run([pending], 2);

        var error = await Assert.ThrowsAsync<KreweException>(() => pending.Answer.AsTask());
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.EndsWith("send fewer", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Counted.ExecutionCount);
    }

    [Fact]
    public async Task Only_the_outputs_that_were_asked_for_come_back_in_their_order()
    {
        var runner = await LoadAsync(TinyModels.TwoInputs());
        var batch = Enumerable.Range(0, 2)
            .Select(seed => Pending(1, ["positive", "sum"], Tensors.Random("a", seed, 1, 2), Tensors.Longs("b", [1, 2], 1, 2))).ToList();

        runner.Run(batch, 32);

        foreach (var pending in batch)
        {
            Assert.Equal(["positive", "sum"], (await AnswerAsync(pending)).Outputs.Select(static output => output.Name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        answers.ForEach(static answer => answer.Dispose());
        await serving.DisposeAsync();
    }

    private async Task<BatchRunner> LoadAsync(ModelBuilder model)
    {
        serving.Add("m", 1, model);
        await serving.StartAsync();
        loaded = (await serving.Get<VersionLoader>().LeaseAsync(
            serving.Get<ServedModels>().AllVersions.Single(), TestContext.Current.CancellationToken))!;
        loaded.Return();
        return new BatchRunner(
            new ModelId(ModelName.Parse("m"), new ModelVersion(1)), loaded.Session, statistics, serving.Get<ServingCounters>().BatchSizes,
            TimeProvider.System, serving.Get<ILogger<BatchRunner>>());
    }

    /// <summary>y = the sum of x over the batch: <c>x</c> FP32 [batch, 2], <c>y</c> FP32 [1, 2].</summary>
    private static ModelBuilder Sum() => new ModelBuilder("sum")
        .Input("x", Krewe.Onnx.Building.TensorType.Float, "batch", 2)
        .Initializer("axes", [0L], 1)
        .Node("ReduceSum", ["x", "axes"], "y", ("keepdims", 1))
        .Output("y", Krewe.Onnx.Building.TensorType.Float, 1, 2);

    private static byte[] Packed(string text) => [(byte)text.Length, 0, 0, 0, .. System.Text.Encoding.UTF8.GetBytes(text)];

    private PendingInference Pending(Tensor input) => Pending((int)input.Shape[0], default, input);

    private PendingInference Pending(int rows, ImmutableArray<string> outputs, params Tensor[] inputs)
    {
        Assert.True(loaded!.TryLease());
        var pending = new PendingInference(
            new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = inputs }, loaded,
            [.. inputs.Select(static input => new TensorData(input.Type, [.. input.Shape], input.Data))], rows, outputs, 0);
        Assert.True(pending.TryTake());
        return pending;
    }

    private async Task<IEnumerable<float>> FloatsAsync(PendingInference pending) => (await AnswerAsync(pending)).Outputs[0].ToFloats();

    private async Task<InferenceResponse> AnswerAsync(PendingInference pending)
    {
        var answer = await pending.Answer.AsTask().WaitAsync(TestContext.Current.CancellationToken);
        answers.Add(answer);
        return answer;
    }
}
