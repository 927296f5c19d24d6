using System.Text;
using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>What is wrong with a request is said: the status, the one JSON form, and words that name the fault.</summary>
public sealed class RefusalTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    private const string Infer = "/v2/models/linear/infer";

    private HttpClient Client => models.Client;

    [Theory]
    [InlineData("GET", "/v2/models/nobody")]
    [InlineData("GET", "/v2/models/nobody/ready")]
    [InlineData("GET", "/v2/models/nobody/config")]
    [InlineData("GET", "/v2/models/nobody/stats")]
    [InlineData("POST", "/v2/models/nobody/infer")]
    [InlineData("POST", "/v2/models/nobody/versions/1/infer")]
    [InlineData("POST", "/v2/repository/models/nobody/load")]
    [InlineData("POST", "/v2/repository/models/nobody/unload")]
    public async Task An_unknown_model_is_not_found(string method, string path)
    {
        var body = path.EndsWith("infer", StringComparison.Ordinal) ? InferenceTests.Body : "{}";
        var reply = await Client.CallAsync(method, path, method == "POST" ? Encoding.UTF8.GetBytes(body) : null);
        Assert.Equal("Request for unknown model: 'nobody' is not found", reply.Error(404));
    }

    [Theory]
    [InlineData("/v2/models/linear/versions/9/infer")]
    [InlineData("/v2/models/linear/versions/9223372036854775807/infer")]
    [InlineData("/v2/models/linear/versions/stable/infer")]
    public async Task An_unknown_version_is_not_found(string path)
    {
        var error = (await Client.PostReplyAsync(path, InferenceTests.Body)).Error(404);
        Assert.StartsWith("Request for unknown model: 'linear' version '", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nothing/here")]
    [InlineData("/v2/models/linear/versions")]
    [InlineData("/v3")]
    public async Task Other_paths_are_not_found(string path) => (await Client.GetReplyAsync(path)).Error(404);

    [Theory]
    [InlineData("POST", "/v2")]
    [InlineData("PUT", "/v2/health/live")]
    [InlineData("GET", "/v2/models/linear/infer")]
    [InlineData("DELETE", "/v2/models/linear")]
    [InlineData("PATCH", "/v2/repository/index")]
    [InlineData("GET", "/v2/repository/models/linear/load")]
    public async Task A_wrong_verb_is_not_allowed(string method, string path)
    {
        var reply = await Client.CallAsync(method, path);
        reply.Error(405);
        Assert.Contains("Allow", reply.Headers);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_too_large()
    {
        // A client that asks before it sends, as curl does with large bodies, surely hears the answer.
        (await Client.CallAsync("POST", Infer, new byte[(1 << 20) + 1], ("Expect", "100-continue"))).Error(413);
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(new byte[2 << 20]);
        }

        (await Client.CallAsync("POST", Infer, packed.ToArray(), ("Content-Encoding", "gzip"))).Error(413);
    }

    [Fact]
    public async Task An_unknown_encoding_is_refused()
    {
        var reply = await Client.CallAsync("POST", Infer, Encoding.UTF8.GetBytes(InferenceTests.Body), ("Content-Encoding", "br"));
        Assert.Contains("gzip", reply.Error(415), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("{", "")]
    [InlineData("nonsense", "")]
    [InlineData("{}", "inputs")]
    [InlineData("[]", "")]
    [InlineData("""{"inputs":[]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3]}]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4,5]}]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[[1,2],[3,4]]}]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]}]}""", "[-1,4]")]
    [InlineData("""{"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[1,2,3,4]}]}""", "[-1,4]")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]}""", "FP32")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FLOAT","data":[1,2,3,4]}]}""", "FLOAT")]
    [InlineData("""{"inputs":[{"name":"z","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""", "'z'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,1e39]}]}""", "1e39")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,"four"]}]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,-4],"datatype":"FP32","data":[1,2,3,4]}]}""", "shape")]
    [InlineData("""{"inputs":[{"name":"x","shape":[4294967296,4294967296],"datatype":"FP32","data":[1,2,3,4]}]}""", "'x'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}]}""", "Inference-Header-Content-Length")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"outputs":[{"name":"w"}]}""", "'w'")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],"parameters":{"timeout":"soon"}}""", "timeout")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]},{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""", "'x'")]
    public async Task A_malformed_request_is_told_what_is_wrong(string body, string says) =>
        Assert.Contains(says, (await Client.PostReplyAsync(Infer, body)).Error(400), StringComparison.Ordinal);

    [Fact]
    public async Task Numbers_that_do_not_fit_are_never_cut()
    {
        foreach (var number in new[] { "9223372036854775808", "1.5", "1e400", "true", "\"1\"", "null" })
        {
            (await Client.PostReplyAsync(
                "/v2/models/scalar/infer", $$"""{"inputs":[{"name":"x","shape":[],"datatype":"INT64","data":[{{number}}]}]}""")).Error(400);
        }
    }

    [Theory]
    [InlineData("17", 16)]
    [InlineData("15", 16)]
    [InlineData("16", 15)]
    [InlineData("16", 17)]
    [InlineData("-1", 16)]
    [InlineData("99999999999", 16)]
    public async Task Binary_lengths_that_lie_are_refused(string announced, int sent)
    {
        var json = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":{{{announced}}}}}]}""");
        var reply = await Client.CallAsync("POST", Infer, [.. json, .. new byte[sent]], (InferWire.LengthHeader, $"{json.Length}"));
        reply.Error(400);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000000")]
    [InlineData("99999999999999999999")]
    [InlineData("ten")]
    [InlineData("")]
    public async Task A_header_that_lies_is_refused(string length) =>
        (await Client.CallAsync("POST", Infer, Encoding.UTF8.GetBytes(InferenceTests.Body), (InferWire.LengthHeader, length))).Error(400);

    [Theory]
    [InlineData("/v2/models/..%2f..%2fetc/infer")]
    [InlineData("/v2/models/a%2Fb/infer")]
    [InlineData("/v2/models/%2e%2e/infer")]
    [InlineData("/v2/models/linear/versions/01/infer")]
    [InlineData("/v2/models/linear/versions/-1/infer")]
    [InlineData("/v2/models/linear/versions/99999999999999999999/infer")]
    public async Task Names_that_are_none_are_refused(string path)
    {
        var reply = await Client.PostReplyAsync(path, InferenceTests.Body);
        Assert.InRange(reply.Status, 400, 404);
        Assert.NotEmpty(reply.Error(reply.Status));
    }

    [Fact]
    public async Task A_name_of_ten_kilobytes_is_refused_in_a_short_answer()
    {
        var error = (await Client.PostReplyAsync($"/v2/models/{new string('m', 10_000)}/infer", InferenceTests.Body)).Error(400);
        Assert.InRange(error.Length, 1, 500);
    }
}
