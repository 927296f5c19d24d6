using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Launch.Http;

namespace Krewe.Launch.Tests.Http;

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

    private static ModelMetadata Metadata(string input, params long[] shape) => new(
        new ModelId(ModelName.Parse("m"), new ModelVersion(1)), [new ModelVersion(1)], ModelMetadata.OnnxPlatform,
        [new TensorSpec(input, TensorType.Float32, [.. shape])], []);
}
