using Microsoft.ML.OnnxRuntime;

namespace Krewe.Samples.Tests;

public sealed class SignatureTests
{
    [Theory]
    [InlineData("digits", "image Float [-1,1,16,16]", "label Int64 [-1]; probabilities Float [-1,10]", 300_000)]
    [InlineData("movies", "user Int64 [-1]", "items Int64 [-1,10]; scores Float [-1,10]", 500_000)]
    [InlineData("purchase", "features Float [-1,8]", "probability Float [-1,1]", 10_000)]
    [InlineData("house-price", "features Float [-1,8]", "price Float [-1,1]", 10_000)]
    public void SamplesAreSmallAndBatchable(string name, string inputs, string outputs, long mostBytes)
    {
        using var model = Runner.Sample(name);

        Assert.Equal(inputs, Write(model.Inputs));
        Assert.Equal(outputs, Write(model.Outputs));
        Assert.InRange(new FileInfo(Runner.SamplePath(name)).Length, 1, mostBytes);
    }

    private static string Write(IReadOnlyDictionary<string, NodeMetadata> values) => string.Join(
        "; ", values.Select(v => $"{v.Key} {v.Value.ElementDataType} [{string.Join(',', v.Value.Dimensions)}]"));
}
