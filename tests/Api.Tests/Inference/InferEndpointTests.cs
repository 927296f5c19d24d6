using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Inference;

public sealed class InferEndpointTests : IAsyncLifetime
{
    private const string Call = """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2.5]}]}""";

    private const string Answer = """{"model_name":"m","model_version":"1","outputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2.5]}]}""";

    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost()
        .Add("m", new TensorSpec("x", TensorType.Float32, [-1, 2]))
        .Add("free", new TensorSpec("x", TensorType.Float32, [-1, -1, 2]))
        .Add("open", new TensorSpec("x", TensorType.Float32, [-1, -1, -1]))
        .Add("two", new TensorSpec("x", TensorType.Float32, [1]), new TensorSpec("y", TensorType.Float32, [1]))
        .Add("text", new TensorSpec("x", TensorType.Bytes, [-1, 1])));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_json_request_is_answered_in_json()
    {
        using var response = await PostAsync(
            """{"id":"abc \" é","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[-3e2,0.1]]}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.NotNull(response.Content.Headers.ContentLength);
        Assert.Equal(
            """{"model_name":"m","model_version":"1","id":"abc \" é","outputs":[{"name":"x","datatype":"FP32","shape":[2,2],"data":[1,2.5,-300,0.1]}]}""",
            await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("/v2/models/m/infer", null)]
    [InlineData("/v2/models/m/versions/1/infer", "text/plain")]
    [InlineData("/v2/models/m/infer?a=b&timeout=1", "application/octet-stream")]
    [InlineData("/v2/models/m/infer", "nonsense")]
    public async Task Neither_content_type_nor_query_matter(string path, string? contentType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Call));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var response = await server.Client.PostAsync(path, content, Token);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("\"timeout\":5000", 5)]
    [InlineData("\"timeout\":0", -1)]
    [InlineData("\"priority\":3,\"sequence_id\":\"s\",\"sequence_start\":true,\"unknown\":[{}]", -1)]
    public async Task Parameters_are_taken_or_passed_over(string parameters, int milliseconds)
    {
        using var response = await PostAsync(Call.Insert(1, $"\"parameters\":{{{parameters}}},"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), server.Host.LastRequest!.Timeout);
    }

    [Theory]
    [InlineData("""{"name":"x","shape":[1,4],"datatype":"FP32","data":[NaN,Infinity,-Infinity,1]}""")]
    [InlineData("""{"name":"x","shape":[1,4],"datatype":"FP64","data":[[NaN , Infinity,-Infinity,1]]}""")]
    [InlineData("""{"data":[NaN,Infinity,-Infinity,1],"parameters":{"unknown":NaN},"shape":[1,4],"datatype":"FP32","name":"x"}""")]
    [InlineData("""{"name":"x","shape":[1,4],"datatype":"FP32","data":["NaN",Infinity,"-Infinity",1]}""")]
    [InlineData("""{"data":[-NaN,Inf,-Inf,1],"parameters":{"unknown":-Inf},"shape":[1,4],"datatype":"FP32","name":"x"}""")]
    public async Task Bare_words_for_floats_are_read_and_written_on_request(string input)
    {
        using var strict = await PostAsync($$"""{"inputs":[{{input}}]}""");
        using var bare = await PostAsync($$"""{"parameters":{"bare_nan_output":true},"inputs":[{{input}}]}""");

        Assert.EndsWith("""[1,4],"data":["NaN","Infinity","-Infinity",1]}]}""", await strict.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.EndsWith("""[1,4],"data":[NaN,Infinity,-Infinity,1]}]}""", await bare.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_that_are_null_count_as_absent()
    {
        using var response = await PostAsync(
            """{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":null,"data":[1,2.5]}]}""");

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_request_without_outputs_gets_all_in_binary_where_it_says_so()
    {
        using var response = await PostAsync(Call.Insert(1, "\"parameters\":{\"binary_data_output\":true},"));
        var body = await response.Content.ReadAsByteArrayAsync(Token);
        var length = int.Parse(response.Headers.GetValues(InferenceHeader.Name).Single(), CultureInfo.InvariantCulture);

        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            """{"model_name":"m","model_version":"1","outputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}""",
            Encoding.UTF8.GetString(body[..length]));
        Assert.Equal([1, 2.5f], MemoryMarshal.Cast<byte, float>(body.AsSpan(length)));
    }

    [Theory]
    [InlineData("m", 2, "[1,2]")]
    [InlineData("free", 6, "[1,3,2]")]
    public async Task A_raw_request_is_the_data_of_the_one_input(string model, int floats, string shape)
    {
        float[] values = [.. Enumerable.Range(0, floats).Select(i => i + 0.5f)];
        using var response = await PostBinaryAsync(model, MemoryMarshal.AsBytes<float>(values).ToArray(), "0");
        var body = await response.Content.ReadAsByteArrayAsync(Token);
        var length = int.Parse(response.Headers.GetValues(InferenceHeader.Name).Single(), CultureInfo.InvariantCulture);

        Assert.Contains($"\"shape\":{shape}", Encoding.UTF8.GetString(body[..length]), StringComparison.Ordinal);
        Assert.Equal(values, MemoryMarshal.Cast<byte, float>(body.AsSpan(length)).ToArray());
    }

    [Fact]
    public async Task The_raw_body_of_a_text_input_is_its_one_element()
    {
        using var response = await PostBinaryAsync("text", "hello"u8.ToArray(), "0");
        var body = await response.Content.ReadAsByteArrayAsync(Token);

        Assert.Equal(Tensors.Element("hello"), body[^9..]);
    }

    [Theory]
    [InlineData("two", 4, "0", "needs a model with one input, 'two' has 2")]
    [InlineData("open", 8, "0", "expected at most one free dimension beside the batch")]
    [InlineData("m", 12, "0", "needs 8 bytes of data, got 12")]
    [InlineData("free", 7, "0", "bytes of data, got 7")]
    [InlineData("m", 8, "9", "announces 9 bytes of JSON, the body has 8")]
    [InlineData("m", 8, "99999999999", "announces 99999999999 bytes of JSON")]
    [InlineData("m", 8, "-1", "is '-1': expected the number of bytes of the JSON part")]
    [InlineData("m", 8, "eight", "is 'eight': expected")]
    [InlineData("m", 8, "99999999999999999999", "expected the number of bytes")]
    public async Task A_wrong_raw_request_or_header_is_refused(string model, int bytes, string header, string reason)
    {
        using var response = await PostBinaryAsync(model, new byte[bytes], header);

        Assert.Contains(reason, await ErrorAsync(response, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_headers_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new StringContent(Call) };
        request.Headers.Add(InferenceHeader.Name, ["5", "6"]);
        using var response = await server.Client.SendAsync(request, Token);

        Assert.Contains("expected the number of bytes", await ErrorAsync(response, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FP16", 2)]
    [InlineData("BF16", 2)]
    public async Task An_output_without_json_form_must_be_asked_for_in_binary(string type, int size)
    {
        var json = $$"""{"inputs":[{"name":"x","shape":[1],"datatype":"{{type}}","parameters":{"binary_data_size":{{size}} } }]}""";
        using var response = await PostBinaryAsync("m", [.. Encoding.UTF8.GetBytes(json), 0, 0], $"{json.Length}");

        Assert.Contains($"output 'x': {type} has no JSON form: request it in binary", await ErrorAsync(response, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_must_be_asked_for_in_binary()
    {
        const string Json = """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""";
        using var response = await PostBinaryAsync("m", [.. Encoding.UTF8.GetBytes(Json), 1, 0, 0, 0, 0xFF], $"{Json.Length}");

        Assert.Contains("not UTF-8: request it in binary", await ErrorAsync(response, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Bodies_are_compressed_both_ways_where_asked(string encoding)
    {
        var json = MakeLarge(2000);
        using var target = new MemoryStream();
        await using (Stream compressor = encoding == "gzip" ? new GZipStream(target, CompressionMode.Compress, true) : new ZLibStream(target, CompressionMode.Compress, true))
        {
            await compressor.WriteAsync(Encoding.UTF8.GetBytes(json), Token);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new ByteArrayContent(target.ToArray()) };
        request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.AcceptEncoding.ParseAdd(encoding);
        using var response = await server.Client.SendAsync(request, Token);
        var raw = await response.Content.ReadAsStreamAsync(Token);
        await using Stream plain = encoding == "gzip" ? new GZipStream(raw, CompressionMode.Decompress) : new ZLibStream(raw, CompressionMode.Decompress);

        Assert.Equal([encoding], response.Content.Headers.ContentEncoding);
        Assert.Equal("Accept-Encoding", response.Headers.Vary.Single());
        Assert.Equal(2000, await CountValuesAsync(plain));
    }

    [Fact]
    public async Task A_compressed_binary_answer_announces_the_length_of_its_plain_json()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer")
        {
            Content = new StringContent(MakeLarge(2000).Insert(1, "\"parameters\":{\"binary_data_output\":true},")),
        };
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await server.Client.SendAsync(request, Token);
        await using var plain = new GZipStream(await response.Content.ReadAsStreamAsync(Token), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        await plain.CopyToAsync(whole, Token);
        var length = int.Parse(response.Headers.GetValues(InferenceHeader.Name).Single(), CultureInfo.InvariantCulture);

        using var json = JsonDocument.Parse(whole.ToArray().AsMemory(0, length));
        Assert.Equal(whole.Length - length, json.RootElement.GetProperty("outputs")[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        Assert.Equal(8000, whole.Length - length);
    }

    [Fact]
    public async Task A_small_answer_is_not_compressed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new StringContent(Call) };
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await server.Client.SendAsync(request, Token);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync(Token));
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task A_large_answer_is_streamed_whole()
    {
        const int Count = 400_000;
        using var response = await PostAsync(MakeLarge(Count));

        Assert.True(response.Headers.TransferEncodingChunked);
        Assert.Equal(Count, await CountValuesAsync(await response.Content.ReadAsStreamAsync(Token)));
    }

    [Fact]
    public async Task A_large_json_output_beside_a_binary_one_announces_its_exact_length()
    {
        const int Count = 50_000;
        using var response = await PostAsync(MakeLarge(
            Count,
            """{"name":"b","shape":[3],"datatype":"UINT8","data":[7,8,9]},""",
            ""","outputs":[{"name":"x"},{"name":"b","parameters":{"binary_data":true}}]"""));
        var body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        var length = int.Parse(response.Headers.GetValues(InferenceHeader.Name).Single(), CultureInfo.InvariantCulture);

        Assert.Equal([7, 8, 9], body[length..]);
        using var document = JsonDocument.Parse(body.AsMemory(0, length));
        Assert.Equal(Count, document.RootElement.GetProperty("outputs")[0].GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_wrongly_framed_body_is_refused()
    {
        const string Head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n";

        Assert.StartsWith("HTTP/1.1 400", await SendRawAsync(Head + "Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413", await SendRawAsync(Head + "Content-Length: 99999999999\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await SendRawAsync($"{Head}Transfer-Encoding: chunked\r\n\r\n{Call.Length:x}\r\n{Call}\r\n0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_ends_early_never_reaches_the_host_and_the_server_lives()
    {
        await using (var stream = await server.ConnectAsync())
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{Call}"), Token);
            stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);

            // The server may answer or just close; either way it is done with the request.
            await Record.ExceptionAsync(() => stream.CopyToAsync(Stream.Null, Token));
        }

        Assert.Null(server.Host.LastRequest);
        using var response = await PostAsync(Call);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_disconnected_caller_cancels_the_call_in_the_host()
    {
        var (entered, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        server.Host.Infer = async (_, token) =>
        {
            entered.SetResult();
            token.Register(cancelled.SetResult);
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException();
        };
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var content = new StringContent(Call);
        var calling = server.Client.PostAsync("/v2/models/m/infer", content, leave.Token);
        await entered.Task.WaitAsync(Token);
        await leave.CancelAsync();

        await cancelled.Task.WaitAsync(Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
    }

    [Fact]
    public async Task Inputs_and_outputs_are_given_back_whatever_happens()
    {
        var (released, disposed) = (0, 0);
        server.Host.Infer = (request, _) =>
        {
            using var lease = new Watch(() => released++);
            return new(new InferenceResponse
            {
                Model = new ModelId(request.Model.Name, new ModelVersion(1)),
                Outputs = [Tensor.Create("y", TensorType.Float16, [1], new byte[2], new Watch(() => disposed++))],
            });
        };
        using var response = await PostAsync(Call);

        await ErrorAsync(response, HttpStatusCode.BadRequest);
        Assert.Equal((1, 1), (released, disposed));
        Assert.False(server.Host.LastRequest!.Lease(), "the request must have been disposed");
    }

    private static string MakeLarge(int count, string inputsBefore = "", string membersBehind = "") =>
        $$"""{"inputs":[{{inputsBefore}}{"name":"x","shape":[{{count}}],"datatype":"FP32","data":[{{string.Join(",", Enumerable.Range(0, count))}}]}]{{membersBehind}}}""";

    private static async Task<int> CountValuesAsync(Stream json)
    {
        using var document = await JsonDocument.ParseAsync(json, default, Token);
        var data = document.RootElement.GetProperty("outputs")[0].GetProperty("data");
        Assert.Equal(data.GetArrayLength() - 1, data[data.GetArrayLength() - 1].GetInt32());
        return data.GetArrayLength();
    }

    private static async Task<string> ErrorAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{response.StatusCode}: {text}");
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("error").GetString()!;
    }

    private async Task<string> SendRawAsync(string request)
    {
        await using var stream = await server.ConnectAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Token);
        var buffer = new byte[4096];
        var length = await stream.ReadAtLeastAsync(buffer, 12, throwOnEndOfStream: false, Token);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private async Task<HttpResponseMessage> PostBinaryAsync(string model, byte[] body, string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/models/{model}/infer") { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation(InferenceHeader.Name, header);
        return await server.Client.SendAsync(request, Token);
    }

    private async Task<HttpResponseMessage> PostAsync(string json, string path = "/v2/models/m/infer")
    {
        using var content = new StringContent(json);
        return await server.Client.PostAsync(path, content, Token);
    }

    private sealed class Watch(Action disposed) : IDisposable
    {
        public void Dispose() => disposed();
    }
}
