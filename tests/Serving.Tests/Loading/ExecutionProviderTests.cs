using Krewe.Abstractions;
using Krewe.Onnx;

namespace Krewe.Serving.Tests;

public sealed class ExecutionProviderTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    private static bool HasDevice => File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg");

    [Theory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    public async Task Without_a_device_CPU_takes_the_place_and_the_log_says_so(string provider)
    {
        Assert.SkipWhen(HasDevice, "there is a device here");
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(), $$"""{"executionProvider": "{{provider}}"}""");
        await serving.StartAsync();

        (await serving.InferAsync("m", Row)).Dispose();

        Assert.Equal(ExecutionProvider.Cpu, (await serving.Host.GetConfigurationAsync(ModelReference.Parse("m"), default)).ActiveExecutionProvider);
        Assert.Contains(serving.Log.All, line => line.Contains("running on CPU instead", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cuda", "Cuda")]
    [InlineData("tensorrt", "TensorRt")]
    public async Task A_model_that_insists_is_refused(string provider, string named)
    {
        Assert.SkipWhen(HasDevice, "there is a device here");
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear(), $$"""{"executionProvider": "{{provider}}", "executionProviderRequired": true}""");
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains($"requires execution provider {named}", error.Message, StringComparison.Ordinal);
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
}
