using System.IO.Compression;
using System.Text;
using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>Inference calls in all the ways that clients write them.</summary>
public sealed class InferenceTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    internal const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private const string Path = "/v2/models/linear/versions/1/infer";

    private HttpClient Client => models.Client;

    [Fact]
    public async Task An_answer_names_model_version_and_id()
    {
        var reply = (await Client.PostReplyAsync("/v2/models/linear/infer", Body.Insert(1, "\"id\":\"mine\","))).Ok();
        Assert.Equal("linear", reply.GetProperty("model_name").GetString());
        Assert.Equal("2", reply.GetProperty("model_version").GetString());
        Assert.Equal("mine", reply.GetProperty("id").GetString());
        var output = Assert.Single(reply.GetProperty("outputs").EnumerateArray());
        Assert.Equal(("y", "FP32", "[1,3]"), (
            output.GetProperty("name").GetString(), output.GetProperty("datatype").GetString(), output.GetProperty("shape").GetRawText()));
        Assert.Equal(3, output.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Versions_answer_as_themselves()
    {
        var first = await Client.PostReplyAsync(Path, Body);
        var second = await Client.PostReplyAsync("/v2/models/linear/versions/2/infer", Body);
        Assert.Equal("1", first.Ok().GetProperty("model_version").GetString());
        Assert.Equal("2", second.Ok().GetProperty("model_version").GetString());
        Assert.NotEqual(Data(first), Data(second));
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[[1,2,3,4]]}]}""")]
    [InlineData("""{"inputs":[{"data":[1.0,2e0,0.3E1,4],"datatype":"FP32","shape":[1,4],"name":"x"}]}""")]
    [InlineData("""{"id":null,"unknown":{"deep":[1,{}]},"parameters":{"custom":"x"},"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{},"data":[1,2,3,4]}],"outputs":[{"name":"y"}]}""")]
    [InlineData(" \r\n\t{ \"inputs\" : [ {\"\\u006eame\":\"\\u0078\", \"shape\":[ 1 , 4 ],\"datatype\":\"FP32\",\"data\":[1,2,3,4] } ] } \n")]
    public async Task One_request_can_be_written_in_many_ways(string body) =>
        Assert.Equal(Data(await Client.PostReplyAsync(Path, Body)), Data(await Client.PostReplyAsync(Path, body)));

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task The_content_type_does_not_matter(string? contentType) =>
        Assert.Equal(Data(await Client.PostReplyAsync(Path, Body)), Data(await Client.PostReplyAsync(Path, Body, contentType)));

    [Fact]
    public async Task A_query_string_does_not_matter() =>
        Assert.Equal(Data(await Client.PostReplyAsync(Path, Body)), Data(await Client.PostReplyAsync(Path + "?model=x&trace=1", Body)));

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Bodies_can_be_compressed_both_ways(string encoding)
    {
        var reply = await Client.CallAsync(
            "POST", Path, Compress(encoding, Encoding.UTF8.GetBytes(Body)), ("Content-Encoding", encoding), ("Accept-Encoding", encoding));
        Assert.Equal(200, reply.Status);
        var text = reply.Headers.TryGetValue("Content-Encoding", out var used)
            ? Encoding.UTF8.GetString(Decompress(used, reply.Body))
            : reply.Text;
        Assert.Equal((await Client.PostReplyAsync(Path, Body)).Text, text);
    }

    [Fact]
    public async Task Large_answers_are_compressed_for_those_who_ask()
    {
        var data = string.Join(',', Enumerable.Repeat("1", 4000));
        var body = $$"""{"inputs":[{"name":"x","shape":[1000,4],"datatype":"FP32","data":[{{data}}]}]}""";
        var plain = await Client.PostReplyAsync(Path, body);
        var reply = await Client.CallAsync("POST", Path, Encoding.UTF8.GetBytes(body), ("Accept-Encoding", "gzip"));
        Assert.Equal("gzip", reply.Headers["Content-Encoding"]);
        Assert.Equal(plain.Text, Encoding.UTF8.GetString(Decompress("gzip", reply.Body)));
    }

    [Fact]
    public async Task A_raw_request_is_the_one_inputs_data()
    {
        var x = WireTensor.Of<float>("x", [1, 2, 3, 4], 1, 4);
        using var content = new ByteArrayContent(x.Data);
        content.Headers.Add(InferWire.LengthHeader, "0");
        var raw = await Client.InferAsync("linear", content);
        var usual = await Client.InferBinaryAsync("linear", [x]);
        Assert.True(usual.Output.Equals(raw.Output, anyNaN: false));
    }

    [Fact]
    public async Task Outputs_come_as_asked_for_each_in_its_form()
    {
        const string Request = """
            {"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,-1]},{"name":"b","shape":[1,2],"datatype":"INT64","data":[2,3]}],
            "outputs":[{"name":"positive","parameters":{"binary_data":true}},{"name":"sum"}]}
            """;
        var reply = await Client.PostReplyAsync("/v2/models/two-inputs/infer", Request);
        Assert.Equal(200, reply.Status);
        var jsonLength = int.Parse(reply.Headers[InferWire.LengthHeader], null);
        using var json = System.Text.Json.JsonDocument.Parse(reply.Body.AsMemory(0, jsonLength));
        var outputs = json.RootElement.GetProperty("outputs").EnumerateArray().ToList();
        Assert.Equal(["positive", "sum"], outputs.Select(static output => output.GetProperty("name").GetString()));
        Assert.Equal(2, outputs[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        Assert.Equal("[3,2]", outputs[1].GetProperty("data").GetRawText());
        Assert.Equal([1, 0], reply.Body[jsonLength..]);
    }

    [Fact]
    public async Task Text_goes_in_and_out()
    {
        var reply = await Client.PostReplyAsync(
            "/v2/models/strings/infer", """{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["caf\u00e9","日本"]}]}""");
        var data = reply.Ok().GetProperty("outputs")[0].GetProperty("data");
        Assert.Equal(["café", "日本"], data.EnumerateArray().Select(static e => e.GetString()));
    }

    [Fact]
    public async Task A_scalar_goes_in_and_out()
    {
        var reply = await Client.PostReplyAsync(
            "/v2/models/scalar/infer", """{"inputs":[{"name":"x","shape":[],"datatype":"INT64","data":[9223372036854775807]}]}""");
        var output = reply.Ok().GetProperty("outputs")[0];
        Assert.Equal(("[]", "[9223372036854775807]"), (output.GetProperty("shape").GetRawText(), output.GetProperty("data").GetRawText()));
    }

    private static string Data(Reply reply) => reply.Ok().GetProperty("outputs")[0].GetProperty("data").GetRawText();

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(target, CompressionLevel.Fastest)
            : new ZLibStream(target, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return target.ToArray();
    }

    private static byte[] Decompress(string encoding, byte[] bytes)
    {
        using var source = new MemoryStream(bytes);
        using Stream stream = encoding == "gzip"
            ? new GZipStream(source, CompressionMode.Decompress)
            : new ZLibStream(source, CompressionMode.Decompress);
        using var target = new MemoryStream();
        stream.CopyTo(target);
        return target.ToArray();
    }
}
