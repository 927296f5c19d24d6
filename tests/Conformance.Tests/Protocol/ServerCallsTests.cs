using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>The calls about the server and what it has, one test for each row of the protocol.</summary>
public sealed class ServerCallsTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    private HttpClient Client => models.Client;

    [Fact]
    public async Task Server_says_who_it_is()
    {
        var json = (await Client.GetReplyAsync("/v2")).Ok();
        Assert.NotEmpty(json.GetProperty("name").GetString()!);
        Assert.NotEmpty(json.GetProperty("version").GetString()!);
        Assert.Contains("binary_tensor_data", json.GetProperty("extensions").EnumerateArray().Select(static e => e.GetString()));
    }

    [Theory]
    [InlineData("/v2/health/live", "live")]
    [InlineData("/v2/health/ready", "ready")]
    [InlineData("/v2/models/linear/ready", "ready")]
    [InlineData("/v2/models/linear/versions/1/ready", "ready")]
    public async Task Health_and_readiness_say_yes(string path, string member) =>
        Assert.True((await Client.GetReplyAsync(path)).Ok().GetProperty(member).GetBoolean());

    [Theory]
    [InlineData("/v2/models/linear")]
    [InlineData("/v2/models/linear/versions/1")]
    public async Task Metadata_has_the_signature(string path)
    {
        var json = (await Client.GetReplyAsync(path)).Ok();
        Assert.Equal("linear", json.GetProperty("name").GetString());
        Assert.Equal(
            ["1", "2"], json.GetProperty("versions").EnumerateArray().Select(static v => v.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal("onnxruntime_onnx", json.GetProperty("platform").GetString());
        Assert.Equal("""[{"name":"x","datatype":"FP32","shape":[-1,4]}]""", json.GetProperty("inputs").GetRawText());
        Assert.Equal("""[{"name":"y","datatype":"FP32","shape":[-1,3]}]""", json.GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task Metadata_of_a_scalar_has_an_empty_shape()
    {
        var json = (await Client.GetReplyAsync("/v2/models/scalar")).Ok();
        Assert.Equal("""[{"name":"x","datatype":"INT64","shape":[]}]""", json.GetProperty("inputs").GetRawText());
    }

    [Fact]
    public async Task Models_are_listed_by_name()
    {
        var json = (await Client.GetReplyAsync("/v2/models")).Ok();
        var names = json.GetProperty("models").EnumerateArray().Select(static model => model.GetString()!).ToList();
        Assert.Contains(ProtocolModels.Linear, names);
        Assert.Contains(ProtocolModels.Strings, names);
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public async Task Index_lists_every_version_and_the_bad_ones_with_their_reason()
    {
        // A file is looked at when it is first called for; afterwards the index knows what is wrong with it.
        string[] badModels = [ProtocolModels.BadSettings, ProtocolModels.Corrupt, ProtocolModels.Truncated, ProtocolModels.UnknownOperator];
        foreach (var bad in badModels)
        {
            (await Client.PostReplyAsync($"/v2/models/{bad}/infer", """{"inputs":[]}""")).Error(503);
        }

        var rows = (await Client.PostReplyAsync("/v2/repository/index")).Ok().EnumerateArray().ToList();
        var good = rows.Where(static row => row.GetProperty("name").GetString() == ProtocolModels.Linear).ToList();
        Assert.Equal(["1", "2"], good.Select(static row => row.GetProperty("version").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(good, static row => Assert.Equal("READY", row.GetProperty("state").GetString()));
        var unavailable = rows.Where(static row => row.GetProperty("state").GetString() == "UNAVAILABLE").ToList();
        Assert.Equal(
            badModels,
            unavailable.Select(static row => row.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(unavailable, static row => Assert.NotEmpty(row.GetProperty("reason").GetString()!));

        var ready = (await Client.PostReplyAsync("/v2/repository/index", """{"ready":true}""")).Ok().EnumerateArray().ToList();
        Assert.Equal(rows.Count - unavailable.Count, ready.Count);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"ready\":1}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"\u00ff\":1}")]
    public async Task A_malformed_control_body_is_refused(string body) =>
        (await Client.CallAsync("POST", "/v2/repository/index", System.Text.Encoding.Latin1.GetBytes(body))).Error(400);

    [Fact]
    public async Task A_bad_model_is_not_ready_and_says_why()
    {
        var reason = (await Client.PostReplyAsync($"/v2/models/{ProtocolModels.UnknownOperator}/infer", """{"inputs":[]}""")).Error(503);
        Assert.Contains("Conjure", reason, StringComparison.Ordinal);
        Assert.NotEmpty((await Client.GetReplyAsync($"/v2/models/{ProtocolModels.UnknownOperator}/ready")).Error(503));
        Assert.Equal(200, (await Client.PostReplyAsync("/v2/models/linear/infer", InferenceTests.Body)).Status);
    }

    [Theory]
    [InlineData("/v2/models/stats")]
    [InlineData("/v2/models/linear/stats")]
    [InlineData("/v2/models/linear/versions/1/stats")]
    public async Task Statistics_count_the_calls(string path)
    {
        var before = await CountAsync(path);
        (await Client.PostReplyAsync("/v2/models/linear/versions/1/infer", InferenceTests.Body)).Ok();
        Assert.Equal(before + 1, await CountAsync(path));
    }

    [Theory]
    [InlineData("/v2/models/linear/config")]
    [InlineData("/v2/models/linear/versions/1/config")]
    public async Task Configuration_is_the_effective_one(string path)
    {
        var json = (await Client.GetReplyAsync(path)).Ok();
        Assert.Equal("linear", json.GetProperty("name").GetString());
        Assert.Equal("TYPE_FP32", json.GetProperty("input")[0].GetProperty("data_type").GetString());
    }

    [Fact]
    public async Task Metrics_are_in_the_text_format()
    {
        (await Client.PostReplyAsync("/v2/models/linear/versions/1/infer", InferenceTests.Body)).Ok();
        var reply = await Client.GetReplyAsync("/metrics");
        Assert.Equal(200, reply.Status);
        Assert.StartsWith("text/plain", reply.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Matches("""(?m)^nv_inference_request_success\{model="linear",version="1"[,}].* [0-9]+$""", reply.Text);
    }

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/docs/index.html", "text/html")]
    [InlineData("/openapi.json", "application/json")]
    public async Task Documentation_is_there(string path, string contentType)
    {
        var reply = await Client.GetReplyAsync(path);
        Assert.Equal(200, reply.Status);
        Assert.StartsWith(contentType, reply.Headers["Content-Type"], StringComparison.Ordinal);
    }

    private async Task<long> CountAsync(string path) => (await Client.GetReplyAsync(path)).Ok().GetProperty("model_stats").EnumerateArray()
        .Where(static row => row.GetProperty("name").GetString() == "linear" && row.GetProperty("version").GetString() == "1")
        .Sum(static row =>
        {
            _ = row.GetProperty("inference_stats").GetProperty("queue").GetProperty("ns").GetInt64();
            _ = row.GetProperty("execution_count").GetInt64();
            return row.GetProperty("inference_stats").GetProperty("success").GetProperty("count").GetInt64();
        });
}
