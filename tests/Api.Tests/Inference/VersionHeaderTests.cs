using System.Net;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Inference;

public sealed class VersionHeaderTests : IAsyncLifetime
{
    private const string Infer = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";
    private const string Binary = """{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";
    private const string Predict = """{"instances":[1]}""";
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("/v2/models/m/infer", Infer, "1")]
    [InlineData("/v2/models/m/infer", Binary, "1")]
    [InlineData("/v2/models/m/versions/beta/infer", Infer, "9223372036854775807")]
    [InlineData("/v1/models/m:predict", Predict, "1")]
    [InlineData("/v1/models/m/versions/1:predict", Predict, "1")]
    [InlineData("/v1/models/m/versions/beta:predict", Predict, "9223372036854775807")]
    [InlineData("/v1/models/m/labels/beta:predict", Predict, "9223372036854775807")]
    public async Task The_version_that_answered_is_named(string path, string body, string version)
    {
        host.Aliases["beta"] = new ModelVersion(long.MaxValue);
        using var response = await server.Client.PostAsync(path, new StringContent(body), Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([version], response.Headers.GetValues("Krewe-Model-Version"));
    }

    [Theory]
    [InlineData("/v2/models/m/infer", Infer)]
    [InlineData("/v1/models/m:predict", Predict)]
    public async Task An_error_names_none(string path, string body)
    {
        host.Infer = (_, _) => new(new InferenceResponse
        {
            Model = new ModelId(ModelName.Parse("m"), new ModelVersion(1)), Outputs = [Tensor.Create("h", TensorType.Float16, [1], new byte[2])],
        });
        using var response = await server.Client.PostAsync(path, new StringContent(body), Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(response.Headers.Contains("Krewe-Model-Version"));
    }
}
