using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>The REST calls of TensorFlow Serving.</summary>
public sealed class TensorFlowServingTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    private HttpClient Client => models.Client;

    [Theory]
    [InlineData("/v1/models/linear", 2)]
    [InlineData("/v1/models/linear/versions/1", 1)]
    public async Task Status_lists_the_versions(string path, int count)
    {
        var rows = (await Client.GetReplyAsync(path)).Ok().GetProperty("model_version_status").EnumerateArray().ToList();
        Assert.Equal(count, rows.Count);
        Assert.All(rows, static row =>
        {
            Assert.Equal("AVAILABLE", row.GetProperty("state").GetString());
            Assert.Equal("OK", row.GetProperty("status").GetProperty("error_code").GetString());
        });
    }

    [Theory]
    [InlineData("""{"instances":[[1,2,3,4],[1,2,3,4]]}""", "predictions")]
    [InlineData("""{"instances":[{"x":[1,2,3,4]},{"x":[1,2,3,4]}]}""", "predictions")]
    [InlineData("""{"inputs":[[1,2,3,4],[1,2,3,4]]}""", "outputs")]
    [InlineData("""{"inputs":{"x":[[1,2,3,4],[1,2,3,4]]}}""", "outputs")]
    public async Task Predict_answers_in_the_format_of_the_request(string body, string member)
    {
        var expected = (await Client.InferJsonAsync("linear", [WireTensor.Of<float>("x", [1, 2, 3, 4], 1, 4)])).Output.Values<float>();
        var rows = (await Client.PostReplyAsync("/v1/models/linear:predict", body)).Ok().GetProperty(member).EnumerateArray().ToList();
        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.Equal(expected, row.EnumerateArray().Select(static e => e.GetSingle())));
    }

    [Fact]
    public async Task Predict_of_several_inputs_and_outputs_uses_names()
    {
        var reply = await Client.PostReplyAsync("/v1/models/two-inputs:predict", """{"instances":[{"a":[1,-1],"b":[2,3]}]}""");
        var row = Assert.Single(reply.Ok().GetProperty("predictions").EnumerateArray());
        Assert.Equal([3, 2], row.GetProperty("sum").EnumerateArray().Select(static e => e.GetSingle()));
        Assert.Equal([true, false], row.GetProperty("positive").EnumerateArray().Select(static e => e.GetBoolean()));
    }

    [Fact]
    public async Task Base64_is_bytes()
    {
        var reply = await Client.PostReplyAsync("/v1/models/strings:predict", """{"instances":[{"b64":"aGVsbG8="},"plain"]}""");
        Assert.Equal(["hello", "plain"], reply.Ok().GetProperty("predictions").EnumerateArray().Select(static e => e.GetString()));
    }

    [Theory]
    [InlineData("/v1/models/nobody:predict", """{"instances":[[1,2,3,4]]}""", 404)]
    [InlineData("/v1/models/linear/versions/9:predict", """{"instances":[[1,2,3,4]]}""", 404)]
    [InlineData("/v1/models/linear:predict", """{"instances":[[1,2,3]]}""", 400)]
    [InlineData("/v1/models/linear:predict", """{"instances":"x"}""", 400)]
    [InlineData("/v1/models/linear:predict", "{", 400)]
    public async Task Faults_are_named(string path, string body, int status) => (await Client.PostReplyAsync(path, body)).Error(status);
}
