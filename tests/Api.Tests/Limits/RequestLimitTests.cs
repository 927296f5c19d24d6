using System.Globalization;
using System.Net;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Limits;

/// <summary>What one request may ask for, at 0, at 1, at the most there may be, and one beyond.</summary>
public sealed class RequestLimitTests : IAsyncLifetime
{
    private const int MaxBody = 64_000;
    private const int MaxElements = 8;
    private ApiServer server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(
        new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1])),
        static options => (options.Limits.MaxBodyBytes, options.Limits.MaxElements) = (MaxBody, MaxElements));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("inputs", 0, null)]
    [InlineData("inputs", 1, null)]
    [InlineData("inputs", 256, null)]
    [InlineData("inputs", 257, "inputs has more than 256 items, the most that is accepted")]
    [InlineData("outputs", 0, null)]
    [InlineData("outputs", 1, null)]
    [InlineData("outputs", 256, null)]
    [InlineData("outputs", 257, "outputs has more than 256 items, the most that is accepted")]
    [InlineData("rank", 0, null)]
    [InlineData("rank", 1, null)]
    [InlineData("rank", 16, null)]
    [InlineData("rank", 17, "has a shape of more than 16 dimensions, the most that is accepted")]
    [InlineData("elements", 0, null)]
    [InlineData("elements", 1, null)]
    [InlineData("elements", MaxElements, null)]
    [InlineData("elements", MaxElements + 1, "has shape [9] with more than 8 elements, the most that is accepted")]
    [InlineData("id", 0, null)]
    [InlineData("id", 1, null)]
    [InlineData("id", 1024, null)]
    [InlineData("id", 1025, "id has 1025 bytes: expected at most 1024")]
    [InlineData("name", 0, null)]
    [InlineData("name", 1, null)]
    [InlineData("name", 1024, null)]
    [InlineData("name", 1025, "name of an input has 1025 bytes: expected at most 1024")]
    [InlineData("route_key", 0, null)]
    [InlineData("route_key", 1, null)]
    [InlineData("route_key", 256, null)]
    [InlineData("route_key", 257, "is longer than 256 characters, the most that a key may have")]
    public Task A_body_may_have_the_most_and_not_one_more(string what, int count, string? error) => CheckAsync(Body(what, count), error);

    [Theory]
    [InlineData("0", -1L)]
    [InlineData("1", 10L)]
    [InlineData("3600000000", 36_000_000_000L)]
    [InlineData("3600000001", 36_000_000_000L)]
    [InlineData("4294967295000", 36_000_000_000L)]
    [InlineData("9223372036854775807", 36_000_000_000L)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-1", null)]
    public async Task A_timeout_is_any_number_of_microseconds_up_to_an_hour_and_0_is_none(string microseconds, long? ticks)
    {
        await CheckAsync(
            $$$"""{"inputs":[{{{Input("x")}}}],"parameters":{"timeout":{{{microseconds}}}}}""",
            ticks is null ? "parameter 'timeout' (microseconds)" : null);

        if (ticks is { } expected)
        {
            Assert.Equal(expected < 0 ? Timeout.InfiniteTimeSpan : new TimeSpan(expected), server.Host.LastRequest!.Timeout);
        }
    }

    [Theory]
    [InlineData(0, false, 400)]
    [InlineData(1, false, 400)]
    [InlineData(MaxBody, false, 200)]
    [InlineData(MaxBody + 1, false, 413)]
    [InlineData(0, true, 400)]
    [InlineData(1, true, 400)]
    [InlineData(MaxBody, true, 200)]
    [InlineData(MaxBody + 1, true, 413)]
    public async Task A_body_has_the_most_bytes_and_not_one_more_however_it_is_framed(int bytes, bool isChunked, int status)
    {
        var body = Encoding.UTF8.GetBytes(Body("inputs", 1));
        var padded = bytes < body.Length ? new string(' ', bytes).Select(static space => (byte)space).ToArray() : [.. body, .. Enumerable.Repeat((byte)' ', bytes - body.Length)];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new StreamContent(new MemoryStream(padded), bufferSize: 1000) };
        request.Headers.TransferEncodingChunked = isChunked;

        using var response = await server.Client.SendAsync(request, Token);

        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(status == (int)response.StatusCode, text);
        Assert.True(status != 413 || text.Contains($"larger than {ErrorText.Bytes(MaxBody)}, the most that is accepted", StringComparison.Ordinal), text);
    }

    [Theory]
    [InlineData(-1, 200)]
    [InlineData(0, 200)]
    [InlineData(1, 400)]
    public async Task A_json_part_may_be_the_whole_body_and_no_more(int beyond, int status)
    {
        var body = Body("inputs", 1) + " ";
        using var content = new StringContent(body);
        content.Headers.Add(InferenceHeader.Name, (body.Length + beyond).ToString(CultureInfo.InvariantCulture));

        // What is left of the body behind the JSON would be binary data that no input announces.
        using var response = await server.Client.PostAsync("/v2/models/m/infer", beyond < 0 ? WithoutEnd(content, body) : content, Token);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/v2/models/{128}", 404, "")]
    [InlineData("/v2/models/{129}", 400, "expected 1 to 128 letters")]
    [InlineData("/v2/models/m/versions/{64}", 404, "")]
    [InlineData("/v2/models/m/versions/{65}", 400, "or an alias of at most 64 characters")]
    [InlineData("/v2/models/m/versions/0", 400, "expected a positive integer")]
    [InlineData("/v2/models/m/versions/1", 200, "")]
    [InlineData("/v2/models/m/versions/9223372036854775807", 404, "")]
    [InlineData("/v2/models/m/versions/9223372036854775808", 400, "a positive integer without leading zeros of at most 9223372036854775807")]
    public async Task A_name_has_the_most_characters_and_not_one_more(string path, int status, string error)
    {
        foreach (var length in (int[])[64, 65, 128, 129])
        {
            path = path.Replace($"{{{length}}}", new string('a', length), StringComparison.Ordinal);
        }

        using var response = await server.Client.GetAsync(path, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(error, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private async Task CheckAsync(string body, string? error)
    {
        using var response = await server.Client.PostAsync("/v2/models/m/infer", new StringContent(body), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == (error is null ? HttpStatusCode.OK : HttpStatusCode.BadRequest), text);
        Assert.Contains(error ?? "", text.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static StringContent WithoutEnd(StringContent content, string body)
    {
        var shorter = new StringContent(body[..^1]);
        shorter.Headers.Add(InferenceHeader.Name, content.Headers.GetValues(InferenceHeader.Name));
        return shorter;
    }

    private static string Body(string what, int count) => what switch
    {
        "inputs" => $$"""{"inputs":[{{Inputs(count)}}]}""",
        "outputs" => $$"""{"inputs":[{{Inputs(256)}}],"outputs":[{{string.Join(',', Enumerable.Range(0, count).Select(static i => $$"""{"name":"i{{i}}"}"""))}}]}""",
        "rank" => $$"""{"inputs":[{{Input("x", string.Join(',', Enumerable.Repeat(1, count)))}}]}""",
        "elements" => $$"""{"inputs":[{{Input("x", $"{count}", count)}}]}""",
        "id" => $$"""{"id":"{{new string('a', count)}}","inputs":[{{Input("x")}}]}""",
        "name" => $$"""{"inputs":[{{Input(new string('a', count))}}]}""",
        _ => $$$"""{"inputs":[{{{Input("x")}}}],"parameters":{"route_key":"{{{new string('a', count)}}}"}}""",
    };

    private static string Inputs(int count) => string.Join(',', Enumerable.Range(0, count).Select(static i => Input($"i{i}")));

    private static string Input(string name, string shape = "1", int elements = 1) =>
        $$"""{"name":"{{name}}","shape":[{{shape}}],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat(1, elements))}}]}""";
}
