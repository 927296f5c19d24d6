using System.Net;
using System.Text.Json;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.TensorFlowServing;

public sealed class PredictTests : IAsyncLifetime
{
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost()
        .Add("one", new TensorSpec("x", TensorType.Float32, [-1, 2]))
        .Add("two", new TensorSpec("a", TensorType.Int32, [-1]), new TensorSpec("b", TensorType.Bytes, [-1, 1]))
        .Add("text", new TensorSpec("s", TensorType.Bytes, [-1]))
        .Add("half", new TensorSpec("h", TensorType.Float16, [-1])));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("one", """{"instances":[[1,2.5],[-3,4]]}""", """{"predictions":[[1,2.5],[-3,4]]}""")]
    [InlineData("one", """{"signature_name":"serving_default","instances":[1,2,"NaN"]}""", """{"predictions":[1,2,NaN]}""")]
    [InlineData("one", """{"instances":[NaN, Infinity,-Infinity]}""", """{"predictions":[NaN,Infinity,-Infinity]}""")]
    [InlineData("one", """{"instances":[{"x":[NaN,1]},{"x":[-Infinity,"Infinity"]}]}""", """{"predictions":[[NaN,1],[-Infinity,Infinity]]}""")]
    [InlineData("one", """{"inputs":{"x":[[NaN],[1]]},"unknown":[-Infinity]}""", """{"outputs":[[NaN],[1]]}""")]
    [InlineData("one", """{"instances":[{"x":[1,2]},{"x":[3,4]}],"unknown":{}}""", """{"predictions":[[1,2],[3,4]]}""")]
    [InlineData("one", """{"instances":[[]]}""", """{"predictions":[[]]}""")]
    [InlineData("one", """{"inputs":[[1,2]]}""", """{"outputs":[[1,2]]}""")]
    [InlineData("one", """{"inputs":7}""", """{"outputs":7}""")]
    [InlineData("one", """{"inputs":{"x":[[1,2],[3,4]]}}""", """{"outputs":[[1,2],[3,4]]}""")]
    [InlineData("one", """{"inputs":[[[1,2],[3,4]],[[5,6],[7,8]]]}""", """{"outputs":[[[1,2],[3,4]],[[5,6],[7,8]]]}""")]
    [InlineData("two", """{"instances":[{"a":1,"b":["p"]},{"b":["q\n"],"a":2}]}""", """{"predictions":[{"a":1,"b":["p"]},{"a":2,"b":["q\n"]}]}""")]
    [InlineData("two", """{"inputs":{"b":[["p"]],"a":[1,2]}}""", """{"outputs":{"b":[["p"]],"a":[1,2]}}""")]
    [InlineData("text", """{"instances":["a",{"b64":"Yg=="},{"b64":"\/w=="}]}""", """{"predictions":["a","b",{"b64":"/w=="}]}""")]
    [InlineData("text", """{"instances":[{"b64":"Yg=="}]}""", """{"predictions":["b"]}""")]
    [InlineData("text", """{"inputs":{"b64":"Yg=="}}""", """{"outputs":"b"}""")]
    [InlineData("text", """{"instances":[{"s":{"b64":"Yg=="}},{"s":"a long text that needs more room than the one before"}]}""", """{"predictions":["b","a long text that needs more room than the one before"]}""")]
    public async Task Predictions_come_in_the_form_of_the_request(string model, string request, string expected) =>
        Assert.Equal(expected, await PostAsync(model, request, HttpStatusCode.OK));

    [Theory]
    [InlineData("one", "{}", "neither 'instances' nor 'inputs'")]
    [InlineData("one", "[1]", "the request: expected an object, got an array")]
    [InlineData("one", """{"instances":[[1,2]],"inputs":[[1,2]]}""", "'instances' and 'inputs'")]
    [InlineData("one", """{"instances":[]}""", "instances is empty")]
    [InlineData("one", """{"instances":{}}""", "instances: expected an array, got an object")]
    [InlineData("one", """{"instances":[[1,2],[3]]}""", "data[1] has 1 items, shape [2,2] needs more")]
    [InlineData("one", """{"instances":[[1,2],[3,4,5]]}""", "data[1] has more items than shape")]
    [InlineData("one", """{"instances":[[1,2],3]}""", "data[1]: expected an array")]
    [InlineData("one", """{"instances":[[1,"x"]]}""", "data[0][1]: expected a number")]
    [InlineData("one", """{"instances":[{"x":[1,2]},{"x":[1]}]}""", "shape [2] needs 2 values, data has 1")]
    [InlineData("one", """{"instances":[{"x":[1,2]},{}]}""", "instances[1] has no 'x'")]
    [InlineData("one", """{"instances":[{"x":[1,2]},7]}""", "an instance: expected an object, got '7'")]
    [InlineData("one", """{"instances":[{"x":[1,2],"x":[1,2]}]}""", "instances[0] has 'x' twice")]
    [InlineData("one", """{"instances":[{"y":[1,2]}]}""", "unknown input 'y': model 'one' has x FP32[-1,2]")]
    [InlineData("one", """{"inputs":{"x":[1],"x":[1]}}""", "input 'x' appears twice")]
    [InlineData("one", """{"signature_name":"other","instances":[1]}""", "expected 'serving_default'")]
    [InlineData("one", """{"instances":[1]} x""", "expected nothing after the request")]
    [InlineData("one", """{"instances":[1,""", "invalid JSON")]
    [InlineData("two", """{"instances":[1,2]}""", "instances are plain values, but model 'two' has 2 inputs")]
    [InlineData("two", """{"inputs":[1,2]}""", "inputs is a plain value, but model 'two' has 2 inputs")]
    [InlineData("two", """{"instances":[{"a":1},{"a":2,"b":["x"]}]}""", "instances[1] has 'b', earlier instances do not")]
    [InlineData("two", """{"inputs":{"a":[1.5]}}""", "data[0] is 1.5, expected an integer for INT32")]
    [InlineData("text", """{"instances":[{"b64":"!"}]}""", "expected valid base64")]
    [InlineData("text", """{"instances":["a",{"b64":"Yg==","x":1}]}""", "expected the one member 'b64'")]
    [InlineData("text", """{"instances":["a",{"c64":"Yg=="}]}""", "expected the one member 'b64'")]
    [InlineData("half", """{"instances":[1]}""", "FP16 has no JSON form")]
    [InlineData("half", """{"instances":[{"h":1}]}""", "FP16 has no JSON form")]
    public async Task A_malformed_request_is_refused_with_its_reason(string model, string request, string reason) =>
        Assert.Contains(reason, ErrorOf(await PostAsync(model, request, HttpStatusCode.BadRequest)), StringComparison.Ordinal);

    [Fact]
    public async Task An_output_without_rows_cannot_be_asked_for_by_row()
    {
        server.Host.Infer = (request, _) => new(new InferenceResponse
        {
            Model = new ModelId(request.Model.Name, new ModelVersion(1)),
            Outputs = [Tensor.Create("sum", TensorType.Float32, [], new byte[4])],
        });

        Assert.Contains("request by column", ErrorOf(await PostAsync("one", """{"instances":[[1,2]]}""", HttpStatusCode.BadRequest)), StringComparison.Ordinal);
        Assert.Equal("""{"outputs":0}""", await PostAsync("one", """{"inputs":[[1,2]]}""", HttpStatusCode.OK));
    }

    [Fact]
    public async Task Many_rows_are_streamed_whole()
    {
        const int Rows = 60_000;
        var request = $"{{\"instances\":[{string.Join(",", Enumerable.Range(0, Rows).Select(i => $"{{\"x\":[{i},{-i}]}}"))}]}}";
        using var json = JsonDocument.Parse(await PostAsync("one", request, HttpStatusCode.OK));
        var predictions = json.RootElement.GetProperty("predictions");

        Assert.Equal(Rows, predictions.GetArrayLength());
        Assert.Equal(1 - Rows, predictions[Rows - 1][1].GetInt32());
    }

    [Fact]
    public async Task Every_version_has_a_state()
    {
        var name = ModelName.Parse("one");
        server.Host.Statuses =
        [
            new(name, new ModelVersion(1), VersionState.Absent, ""),
            new(name, new ModelVersion(2), VersionState.Loading, ""),
            new(name, new ModelVersion(3), VersionState.Ready, ""),
            new(name, new ModelVersion(4), VersionState.Draining, ""),
            new(name, new ModelVersion(5), VersionState.Failed, "bad file"),
            new(name, new ModelVersion(6), VersionState.Unloaded, "by an operator"),
        ];
        using var json = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/models/one", Token));
        var states = json.RootElement.GetProperty("model_version_status").EnumerateArray().Select(s =>
            $"{s.GetProperty("version").GetString()} {s.GetProperty("state").GetString()} {s.GetProperty("status").GetProperty("error_code").GetString()} {s.GetProperty("status").GetProperty("error_message").GetString()}");

        Assert.Equal(["1 AVAILABLE OK ", "2 LOADING OK ", "3 AVAILABLE OK ", "4 UNLOADING OK ", "5 END UNAVAILABLE bad file", "6 END OK "], states);
        Assert.Equal(
            """{"model_version_status":[{"version":"2","state":"LOADING","status":{"error_code":"OK","error_message":""}}]}""",
            await server.Client.GetStringAsync("/v1/models/one/versions/2", Token));
    }

    [Fact]
    public async Task An_alias_is_a_label_and_has_the_state_of_its_version()
    {
        server.Host.Aliases["stable"] = new ModelVersion(2);
        server.Host.Statuses =
        [
            new(ModelName.Parse("one"), new ModelVersion(1), VersionState.Ready, ""), new(ModelName.Parse("one"), new ModelVersion(2), VersionState.Loading, ""),
        ];
        Assert.Equal(
            """{"model_version_status":[{"version":"2","state":"LOADING","status":{"error_code":"OK","error_message":""}}]}""",
            await server.Client.GetStringAsync("/v1/models/one/labels/stable", Token));
    }

    [Theory]
    [InlineData("/v1/models/none")]
    [InlineData("/v1/models/one/versions/9")]
    [InlineData("/v1/models/one/labels/canary")]
    public async Task An_unknown_model_version_or_label_is_404(string path)
    {
        using var status = await server.Client.GetAsync(path, Token);
        Assert.Equal(HttpStatusCode.NotFound, status.StatusCode);
        using var content = new StringContent("{\"instances\":[1]}");
        using var predict = await server.Client.PostAsync(path + ":predict", content, Token);
        Assert.Equal(HttpStatusCode.NotFound, predict.StatusCode);
    }

    private static string ErrorOf(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("error").GetString()!;
    }

    private async Task<string> PostAsync(string model, string request, HttpStatusCode expected)
    {
        using var content = new StringContent(request);
        using var response = await server.Client.PostAsync($"/v1/models/{model}:predict", content, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {text}");
        return text;
    }
}
