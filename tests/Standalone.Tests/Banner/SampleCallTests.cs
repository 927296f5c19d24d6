using Krewe.Abstractions;
using Krewe.Launch;

namespace Krewe.Standalone.Tests;

public sealed class SampleCallTests
{
    private static readonly Uri Address = new("http://127.0.0.1:8000/");

    [Fact]
    public void A_line_has_a_body_of_the_models_signature() => Assert.Equal(
        """curl -s http://127.0.0.1:8000/v2/models/m/infer -d '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[0.5,0.5]}]}'""",
        SampleCall.Write(Address, Metadata("x", -1, 2)));

    [Fact]
    public void A_quote_in_a_name_does_not_end_the_line() =>
        Assert.Contains("""{"name":"it'\''s",""", SampleCall.Write(Address, Metadata("it's", 1)));

    [Theory]
    [InlineData("http://0.0.0.0:80", "http://127.0.0.1:80")]
    [InlineData("http://[::]:80", "http://[::1]:80")]
    [InlineData("http://10.1.2.3:80", "http://10.1.2.3:80")]
    public void An_address_to_call_is_one_that_can_be_called(string address, string expected) =>
        Assert.Equal(new Uri(expected), HttpAddress.Callable(new Uri(address)));

    [Fact]
    public void Problems_are_told_with_their_reasons_but_not_endlessly()
    {
        var statuses = Enumerable.Range(1, 30).Select(i =>
            new ModelVersionStatus(ModelName.Parse("m"), new ModelVersion(i), i <= 20 ? VersionState.Failed : VersionState.Absent, $"reason {i}"));
        var lines = Banner.Findings("/srv", [.. statuses]).ToList();
        Assert.Equal("Models in /srv: 1 model, 30 versions, 20 with problems:", lines[0]);
        Assert.Equal("  m/1: reason 1", lines[1]);
        Assert.Equal(12, lines.Count);
        Assert.Contains("10 more", lines[^1]);
    }

    private static ModelMetadata Metadata(string input, params long[] shape) => new(
        new ModelId(ModelName.Parse("m"), new ModelVersion(1)), [new ModelVersion(1)], ModelMetadata.OnnxPlatform,
        [new TensorSpec(input, TensorType.Float32, [.. shape])], []);
}
