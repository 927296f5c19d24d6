using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Endpoints;

public sealed class ModelEndpointTests : IAsyncLifetime
{
    private readonly FakeModelHost host = new FakeModelHost()
        .Add("b", new TensorSpec("x", TensorType.Float32, [-1, 4]), new TensorSpec("name", TensorType.Bytes, [-1]))
        .Add("a", new TensorSpec("x", TensorType.Int64, []));

    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(host);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task The_server_has_metadata() => Assert.Equal(
        $$"""{"name":"krewe","version":"{{new ApiOptions().ServerVersion}}","extensions":["binary_tensor_data","model_configuration","model_repository","model_repository(unload_dependents)","parameters","rollout","statistics"]}""",
        (await server.Client.GetJsonAsync("/v2")).GetRawText());

    [Fact]
    public async Task Each_model_is_listed_once()
    {
        host.Statuses = [Status("a", 1, VersionState.Ready), Status("a", 2, VersionState.Failed), Status("b", 1, VersionState.Absent)];
        Assert.Equal("""{"models":["a","b"]}""", (await server.Client.GetJsonAsync("/v2/models")).GetRawText());
    }

    [Theory]
    [InlineData("/v2/models/b")]
    [InlineData("/v2/models/b/versions/1")]
    [InlineData("/v2/models/b?verbose=1")]
    public async Task A_signature_is_returned(string path) => Assert.Equal(
        """{"name":"b","versions":["1"],"platform":"onnxruntime_onnx","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]},{"name":"name","datatype":"BYTES","shape":[-1]}],"outputs":[{"name":"x","datatype":"FP32","shape":[-1,4]},{"name":"name","datatype":"BYTES","shape":[-1]}]}""",
        (await server.Client.GetJsonAsync(path)).GetRawText());

    [Fact]
    public async Task A_model_is_ready_or_says_why_not()
    {
        Assert.Equal("""{"name":"a","ready":true}""", (await server.Client.GetJsonAsync("/v2/models/a/ready")).GetRawText());
        host.Statuses = [Status("a", 1, VersionState.Failed, "no ONNX file"), Status("b", 1, VersionState.Ready)];
        Assert.Equal("model 'a' is not ready: no ONNX file", await server.Client.FailAsync(HttpMethod.Get, "/v2/models/a/ready", 503));
        Assert.Equal("model 'a/1' is not ready: no ONNX file", await server.Client.FailAsync(HttpMethod.Get, "/v2/models/a/versions/1/ready", 503));
    }

    [Fact]
    public async Task The_settings_have_tritons_form() => Assert.Equal(
        """
        {"name":"b","platform":"onnxruntime_onnx","backend":"onnxruntime","version_policy":{"all":{}},"max_batch_size":8,
        "input":[{"name":"x","data_type":"TYPE_FP32","dims":[4]},{"name":"name","data_type":"TYPE_STRING","dims":[]}],
        "output":[{"name":"x","data_type":"TYPE_FP32","dims":[4]},{"name":"name","data_type":"TYPE_STRING","dims":[]}],
        "dynamic_batching":{"max_queue_delay_microseconds":2000,"default_queue_policy":{"max_queue_size":128}},
        "instance_group":[{"count":1,"kind":"KIND_AUTO"}],
        "krewe":{"version":"1","version_policy":"all","batching_disabled_reason":null,"execution_provider":"auto","execution_provider_required":false,"active_execution_provider":null,"idle_seconds":600,"run_timeout_seconds":60,"isolation":"process","isolation_reason":"it divides integers","last_crash":"a process ended","warm_up":true,"threads":1}}
        """.ReplaceLineEndings(""),
        (await server.Client.GetJsonAsync("/v2/models/b/config")).GetRawText());

    private static ModelVersionStatus Status(string name, long version, VersionState state, string reason = "") =>
        new(ModelName.Parse(name), new ModelVersion(version), state, reason);
}
