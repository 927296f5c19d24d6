using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Loading;

public sealed class ExecutionProviderTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    [Theory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    public async Task Without_a_GPU_the_CPU_is_used_and_a_warning_logged(string provider)
    {
        Assert.SkipWhen(NvidiaDevice.IsThere, "there is a device here");
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(), $$"""{"executionProvider": "{{provider}}"}""");
        await serving.StartAsync();

        (await serving.InferAsync("m", Row)).Dispose();

        Assert.Equal(ExecutionProvider.Cpu, (await serving.Host.GetConfigurationAsync(ModelReference.Parse("m"), default)).ActiveExecutionProvider);
        Assert.Contains(serving.Log.Lines, line => line.Contains("running on CPU instead", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cuda", "Cuda")]
    [InlineData("tensorrt", "TensorRt")]
    public async Task A_model_that_requires_an_unavailable_provider_is_refused(string provider, string named)
    {
        Assert.SkipWhen(NvidiaDevice.IsThere, "there is a device here");
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(), $$"""{"executionProvider": "{{provider}}", "executionProviderRequired": true}""");
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains($"requires execution provider {named}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", ".so.")]
    [InlineData("tensorrt", "libnvinfer")]
    public async Task The_refusal_names_a_library_that_is_missing(string provider, string library)
    {
        Assert.SkipWhen(NvidiaDevice.IsThere, "there is a device here");
        Assert.SkipUnless(NvidiaDevice.HasProvider, "ONNX Runtime is here without its providers for devices");
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(), $$"""{"executionProvider": "{{provider}}", "executionProviderRequired": true}""");
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));

        Assert.Contains(library, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_GPU_and_the_CPU_agree_with_and_without_batching()
    {
        Assert.SkipUnless(NvidiaDevice.IsThere, "there is no device here");
        await using var serving = new ServingFixture();
        serving.Add("cpu", 1, TinyModels.Mlp(64, 256, 8), """{"executionProvider": "cpu"}""");
        serving.Add("cuda", 1, TinyModels.Mlp(64, 256, 8), """{"executionProvider": "cuda", "executionProviderRequired": true}""");
        await serving.StartAsync();
        var inputs = Enumerable.Range(0, 64).Select(seed => Tensors.Random("x", seed, 1 + (seed % 5), 64)).ToArray();
        var expected = await AnswersAsync(serving, "cpu", inputs);

        var seen = await AnswersAsync(serving, "cuda", inputs);

        Assert.Equal(ExecutionProvider.Cuda, (await serving.Host.GetConfigurationAsync(ModelReference.Parse("cuda"), default)).ActiveExecutionProvider);
        Assert.All(expected.Zip(seen), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public async Task A_model_with_more_threads_uses_the_shared_pool_and_adds_none()
    {
        await using var serving = new ServingFixture();
        for (var i = 0; i < 40; i++)
        {
            serving.Add($"m{i}", 1, TinyModels.Linear(), """{"threads": 4}""");
        }

        await serving.StartAsync();
        (await serving.InferAsync("m0", Row)).Dispose();
        var before = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        for (var i = 1; i < 40; i++)
        {
            (await serving.InferAsync($"m{i}", Row)).Dispose();
        }

        Assert.InRange(System.Diagnostics.Process.GetCurrentProcess().Threads.Count, 1, before + 12);
    }

    private static async Task<float[]> AnswersAsync(ServingFixture serving, string model, Tensor[] inputs)
    {
        var answers = await Task.WhenAll(inputs.Select(input => Task.Run(() => serving.InferAsync(model, input))));
        var floats = answers.SelectMany(answer => answer.Outputs[0].ToFloats()).ToArray();
        Array.ForEach(answers, answer => answer.Dispose());
        return floats;
    }
}
