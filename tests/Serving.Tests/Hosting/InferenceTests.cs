using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.Serving.Tests.Hosting;

public sealed class InferenceTests
{
    [Fact]
    public async Task Loads_on_the_first_call_and_answers()
    {
        await using var serving = new ServingFixture();
        serving.Add("linear", 1, TinyModels.Linear());
        await serving.StartAsync();

        var before = (await serving.Host.ListAsync(default)).Single();
        Assert.Equal((VersionState.Absent, "not yet checked: the first call loads it"), (before.State, before.Reason));
        using var response = await serving.InferAsync("linear", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));

        Assert.Equal("linear/1", response.Model.ToString());
        Assert.Equal([1, 3], response.Outputs.Single().Shape);
        Assert.Equal(VersionState.Ready, (await serving.Host.ListAsync(default)).Single().State);
    }

    [Fact]
    public async Task Callers_during_a_load_share_it()
    {
        await using var serving = new ServingFixture();
        serving.Add("big", 1, TinyModels.Big(8 << 20));
        await serving.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => serving.InferAsync("big", Tensors.Longs("index", [1], i))));

        Assert.All(answers, answer => answer.Dispose());
        Assert.Single(serving.Log.Lines, line => line.Contains("big/1 loaded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Batched_answers_are_the_single_ones()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(16, 32, 8));
        await serving.StartAsync();
        var inputs = Enumerable.Range(0, 200).Select(seed => Tensors.Random("x", seed, 1 + (seed % 5), 16)).ToArray();
        var single = new List<float[]>();
        foreach (var input in inputs)
        {
            using var answer = await serving.InferAsync("mlp", input);
            single.Add(answer.Outputs[0].ToFloats());
        }

        var together = await Task.WhenAll(inputs.Select(input => Task.Run(() => serving.InferAsync("mlp", input))));

        var statistics = (await serving.Host.GetStatisticsAsync(null, default)).Single();
        Assert.True(statistics.ExecutionCount < 400, $"{statistics.ExecutionCount} runs for 400 requests: nothing was batched");
        Assert.Equal(inputs.Sum(input => input.Shape[0]) * 2, statistics.InferenceCount);
        for (var i = 0; i < inputs.Length; i++)
        {
            Assert.Equal([inputs[i].Shape[0], 8], together[i].Outputs[0].Shape);
            Assert.All(single[i].Zip(together[i].Outputs[0].ToFloats()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            together[i].Dispose();
        }
    }

    [Fact]
    public async Task A_model_whose_rows_depend_on_each_other_is_never_batched()
    {
        await using var serving = new ServingFixture();
        serving.Add("mean", 1, TinyModels.BatchMean());
        await serving.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(seed => Task.Run(() => serving.InferAsync("mean", Tensors.Random("x", seed, 1, 4)))));

        Assert.All(answers, answer => Assert.All(answer.Outputs[0].ToFloats(), value => Assert.Equal(0, value)));
        Assert.Equal(0, (await serving.Host.GetConfigurationAsync(ModelReference.Parse("mean"), default)).MaxBatchSize);
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task More_rows_than_a_run_may_have_are_split()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(16, 32, 8), """{"maxBatchSize": 4}""");
        serving.Add("whole", 1, TinyModels.Mlp(16, 32, 8), """{"maxBatchSize": 1000}""");
        await serving.StartAsync();

        using var split = await serving.InferAsync("mlp", Tensors.Random("x", 1, 103, 16));
        using var whole = await serving.InferAsync("whole", Tensors.Random("x", 1, 103, 16));

        Assert.Equal([103, 8], split.Outputs[0].Shape);
        Assert.All(whole.Outputs[0].ToFloats().Zip(split.Outputs[0].ToFloats()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public async Task A_request_that_fails_in_a_batch_fails_alone()
    {
        await using var serving = new ServingFixture();
        // CUDA does not check whether an index is out of range.
        serving.Add("gather", 1, TinyModels.Gather(rows: 4), """{"executionProvider": "cpu"}""");
        await serving.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            try
            {
                using var answer = await serving.InferAsync("gather", Tensors.Longs("index", [1], i == 33 ? 99 : i % 4));
                return null;
            }
            catch (KreweException error)
            {
                return error;
            }
        })));

        var failed = Assert.Single(answers, answer => answer is not null);
        Assert.Same(answers[33], failed);
        Assert.Equal(KreweErrorCode.InvalidInput, failed!.Code);
        Assert.DoesNotContain("/", failed.Message.Replace("gather/1", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y", 1, 4, "has no input 'y'")]
    [InlineData("x", 1, 5, "has shape [1,5], expected [-1,4]")]
    public async Task What_does_not_fit_the_signature_is_refused(string name, int rows, int columns, string expected)
    {
        await using var serving = new ServingFixture();
        serving.Add("linear", 1, TinyModels.Linear());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("linear", Tensors.Random(name, 1, rows, columns)));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_a_doubled_and_a_mistyped_input_are_refused()
    {
        await using var serving = new ServingFixture();
        serving.Add("two", 1, TinyModels.TwoInputs());
        await serving.StartAsync();
        var names = (await serving.Host.GetMetadataAsync(ModelReference.Parse("two"), default)).Inputs.Select(input => input.Name).ToArray();
        var first = Tensors.Random(names[0], 1, 1, 2);
        var second = Tensors.Longs(names[1], [1, 2], 1, 2);

        async Task<string> ErrorOf(params Tensor[] inputs) =>
            (await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("two", inputs))).Message;

        Assert.Contains($"input '{names[1]}' of model 'two/1' is missing", await ErrorOf(first), StringComparison.Ordinal);
        Assert.Contains("given twice", await ErrorOf(first, first), StringComparison.Ordinal);
        Assert.Contains("expected FP32", await ErrorOf(Tensors.Longs(names[0], [1, 2], 1, 2), second), StringComparison.Ordinal);
        Assert.Contains("is missing", await ErrorOf(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_gets_only_the_outputs_asked_for()
    {
        await using var serving = new ServingFixture();
        serving.Add("linear", 1, TinyModels.Linear());
        await serving.StartAsync();
        var output = (await serving.Host.GetMetadataAsync(ModelReference.Parse("linear"), default)).Outputs.Single().Name;
        using var good = new InferenceRequest { Model = ModelReference.Parse("linear"), Inputs = [Tensors.Random("x", 1, 1, 4)], RequestedOutputs = [output] };
        using var bad = new InferenceRequest { Model = ModelReference.Parse("linear"), Inputs = [Tensors.Random("x", 1, 1, 4)], RequestedOutputs = ["nope"] };

        using var answer = await serving.Host.InferAsync(good, default);
        Assert.Equal(output, answer.Outputs.Single().Name);
        var error = await Assert.ThrowsAsync<KreweException>(async () => await serving.Host.InferAsync(bad, default));
        Assert.Contains("has no output 'nope'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deadline_ends_the_wait_and_the_model_keeps_serving()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand());
        await serving.StartAsync();
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse("slow"),
            Inputs = Inputs(200_000),
            Timeout = TimeSpan.FromMilliseconds(30),
        };

        var error = await Assert.ThrowsAsync<KreweException>(async () => await serving.Host.InferAsync(request, default));

        Assert.Equal(KreweErrorCode.DeadlineExceeded, error.Code);
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
    }

    [Fact]
    public async Task A_full_queue_rejects_at_once()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(), """{"maxQueueLength": 2, "maxConcurrentRuns": 1}""");
        await serving.StartAsync();
        (await serving.InferAsync("slow", Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], 1))).Dispose();

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            try
            {
                (await serving.InferAsync("slow", Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], 50_000))).Dispose();
                return null;
            }
            catch (KreweException error)
            {
                return error;
            }
        })));

        var refused = answers.OfType<KreweException>().ToArray();
        Assert.All(refused, error => Assert.Equal(KreweErrorCode.Overloaded, error.Code));
        Assert.All(refused, error => Assert.NotNull(error.RetryAfter));
        Assert.InRange(refused.Length, 1, 14);
    }
}
