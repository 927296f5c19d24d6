using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Batching;
using Krewe.Serving.Loading;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Loading;

public sealed class ShapeChangeTests
{
    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(2000, 1000, true)]
    [InlineData(2001, 1000, false)]
    [InlineData(9000, 1900, false)]
    public void A_change_may_double_a_run_and_no_more(int changed, int alike, bool expected) =>
        Assert.Equal(expected, ShapeChange.IsCheap(TimeSpan.FromMicroseconds(changed), TimeSpan.FromMicroseconds(alike)));

    [Fact]
    public async Task On_a_GPU_a_convolution_is_not_batched_unless_the_settings_ask_for_it()
    {
        Assert.SkipUnless(NvidiaDevice.IsThere, "there is no device here");
        await using var serving = new ServingFixture();
        const string cuda = """{"executionProvider": "cuda", "executionProviderRequired": true}""";
        serving.Add("cnn", 1, TinyModels.Cnn(), cuda);
        serving.Add("told", 1, TinyModels.Cnn(), """{"executionProvider": "cuda", "executionProviderRequired": true, "maxBatchSize": 8}""");
        serving.Add("mlp", 1, TinyModels.Mlp(16, 32, 8), cuda);
        await serving.StartAsync();

        (await serving.InferAsync("cnn", Tensors.Random("x", 1, 1, 3, 64, 64))).Dispose();
        (await serving.InferAsync("told", Tensors.Random("x", 1, 1, 3, 64, 64))).Dispose();
        (await serving.InferAsync("mlp", Tensors.Random("x", 1, 1, 16))).Dispose();

        Assert.Equal(0, await MaxBatchSizeAsync(serving, "cnn"));
        Assert.Equal(8, await MaxBatchSizeAsync(serving, "told"));
        Assert.Equal(BatchDecision.DefaultMaxBatchSize, await MaxBatchSizeAsync(serving, "mlp"));
    }

    private static async Task<int> MaxBatchSizeAsync(ServingFixture serving, string model) =>
        (await serving.Host.GetConfigurationAsync(ModelReference.Parse(model), TestContext.Current.CancellationToken)).MaxBatchSize;
}
