using System.Text.Json;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Batching;

/// <summary>Running together changes nothing but speed.</summary>
public sealed class BatchingTests(BatchingModels models) : IClassFixture<BatchingModels>
{
    private const int Callers = 64;
    private const int MostRounds = 50;
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(BatchingModels.Mlp, new long[] { 16 })]
    [InlineData(BatchingModels.Cnn, new long[] { 3, 16, 16 })]
    [InlineData(BatchingModels.Linear, new long[] { 4 })]
    public async Task Answers_are_the_same_together_and_alone(string model, long[] rowShape)
    {
        var requests = Enumerable.Range(0, Callers).Select(i => Rows(1 + (i % 5), rowShape, (ulong)i)).ToList();
        var alone = await AskOneByOneAsync(model, requests);

        // A batch larger than any of the requests: some did run together. A busy machine may bring them one by one at first.
        var rounds = 0;
        do
        {
            var together = await AskAtOnceAsync(model, requests);
            foreach (var (one, other) in alone.Zip(together))
            {
                Assert.Equal(one.Shape, other.Shape);
                Assert.All(one.Values<float>().Zip(other.Values<float>()), pair => Assert.True(IsNear(pair.First, pair.Second), $"{pair}"));
            }

            rounds++;
        }
        while (await LargestBatchAsync(model) <= 5 && rounds < MostRounds);

        Assert.InRange(await LargestBatchAsync(model), 6, long.MaxValue);
    }

    [Fact]
    public async Task A_model_whose_rows_depend_on_each_other_answers_as_if_alone()
    {
        var requests = Enumerable.Range(0, Callers).Select(i => Rows(1 + (i % 5), [4], (ulong)i)).ToList();
        var alone = await AskOneByOneAsync(BatchingModels.Mean, requests);
        var together = await AskAtOnceAsync(BatchingModels.Mean, requests);
        Assert.All(alone.Zip(together), static pair => Assert.True(pair.First.Equals(pair.Second, anyNaN: false)));
        Assert.InRange(await LargestBatchAsync(BatchingModels.Mean), 1, 5);
    }

    [Fact]
    public async Task A_thousand_rows_in_one_request_are_a_thousand_requests()
    {
        const int Count = 1000;
        var all = Rows(Count, [16], 7);
        var whole = (await models.Client.InferBinaryAsync(BatchingModels.Mlp, [all])).Output;
        var single = new float[Count][];
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (row, _) =>
        {
            var x = WireTensor.Of<float>("x", all.Values<float>().AsSpan(row * 16, 16), 1, 16);
            single[row] = (await models.Client.InferBinaryAsync(BatchingModels.Mlp, [x])).Output.Values<float>();
        });

        Assert.Equal([Count, 8], whole.Shape);
        var pairs = whole.Values<float>().Zip(single.SelectMany(static row => row));
        Assert.All(pairs, static pair => Assert.True(IsNear(pair.First, pair.Second)));
    }

    [Fact]
    public async Task A_request_that_fails_in_the_run_fails_alone()
    {
        const int Bad = 17;
        var requests = Enumerable.Range(0, Callers).Select(i => WireTensor.Of<long>("index", [i == Bad ? 99 : i % 4], 1)).ToList();
        var answers = await Task.WhenAll(requests.Select(index => models.Client.InferJsonAsync(BatchingModels.Gather, [index])));

        Assert.Equal(400, answers[Bad].Status);
        Assert.NotEmpty(answers[Bad].Error);
        foreach (var (i, answer) in answers.Index().Where(static answer => answer.Index != Bad))
        {
            Assert.Equal([i % 4 * 2f, (i % 4 * 2f) + 1], answer.Output.Values<float>());
        }
    }

    private async Task<List<WireTensor>> AskOneByOneAsync(string model, IEnumerable<WireTensor> requests)
    {
        var answers = new List<WireTensor>();
        foreach (var request in requests)
        {
            answers.Add((await models.Client.InferBinaryAsync(model, [request])).Output);
        }

        return answers;
    }

    private async Task<IEnumerable<WireTensor>> AskAtOnceAsync(string model, IEnumerable<WireTensor> requests)
    {
        var answers = await Task.WhenAll(requests.Select(request => models.Client.InferBinaryAsync(model, [request])));
        return answers.Select(static answer => answer.Output);
    }

    private async Task<long> LargestBatchAsync(string model)
    {
        var text = await models.Client.GetStringAsync($"/v2/models/{model}/stats", TestContext.Current.CancellationToken);
        using var stats = JsonDocument.Parse(text);
        return stats.RootElement.GetProperty("model_stats")[0].GetProperty("batch_stats").EnumerateArray()
            .Max(static batch => batch.GetProperty("batch_size").GetInt64());
    }

    private static WireTensor Rows(int rows, long[] rowShape, ulong seed)
    {
        var values = new float[rows * rowShape.Aggregate(1L, static (count, size) => count * size)];
        new SeededRandom(seed).Fill(values, 1);
        return WireTensor.Of<float>("x", values, [rows, .. rowShape]);
    }

    private static bool IsNear(float one, float other) => Math.Abs(one - other) <= Tolerance * Math.Max(1, Math.Abs(one));
}
