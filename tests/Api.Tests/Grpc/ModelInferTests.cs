using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.BinaryTensors;
using Krewe.Api.Tests.Fakes;
using Proto = Inference;

namespace Krewe.Api.Tests.Grpc;

public sealed class ModelInferTests
{
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Raw_and_typed_contents_and_rest_give_the_same_bits()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var random = Replay.Random();
        for (var i = 0; i < 200; i++)
        {
            Tensor[] inputs = [.. Enumerable.Range(0, random.Next(1, 4)).Select(
                n => Tensors.Random(random, $"x{n}", Tensors.JsonTypes[random.Next(Tensors.JsonTypes.Length)]))];
            var raw = await caller.Infer(ProtoTensors.RequestOf(isRaw: true, inputs));
            var typed = await caller.Infer(ProtoTensors.RequestOf(isRaw: false, inputs));
            var rest = await RestAsync(server, inputs);
            Assert.Equal(inputs.Length, raw.RawOutputContents.Count);
            Assert.Empty(typed.RawOutputContents);
            for (var n = 0; n < inputs.Length; n++)
            {
                Assert.Equal((inputs[n].Name, inputs[n].Type.WireName()), (typed.Outputs[n].Name, typed.Outputs[n].Datatype));
                Assert.Equal(inputs[n].Shape, typed.Outputs[n].Shape);
                Assert.Equal(rest[n], ProtoTensors.DataOf(raw, n));
                Assert.Equal(rest[n], ProtoTensors.DataOf(typed, n));
            }
        }
    }

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public async Task Halves_have_raw_contents_only(TensorType type)
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var half = Tensor.Create("x", type, [2], new byte[] { 1, 2, 3, 4 });
        Assert.Equal([1, 2, 3, 4], ProtoTensors.DataOf(await caller.Infer(ProtoTensors.RequestOf(isRaw: true, half)), 0));
        host.Infer = (request, _) => new(Answer(request, Tensor.Create("y", type, [1], new byte[] { 1, 2 })));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(ProtoTensors.Floats(1)));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("has only raw contents", refused.Status.Detail);
    }

    [Fact]
    public async Task Large_tensors_come_through_in_pieces()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var data = new byte[12 << 20];
        new Random(1).NextBytes(data);
        var input = Tensor.Create("x", TensorType.UInt8, [data.Length], data);
        var answer = await caller.Infer(ProtoTensors.RequestOf(isRaw: true, input));
        Assert.True(data.AsSpan().SequenceEqual(answer.RawOutputContents[0].Span));
    }

    [Theory]
    [InlineData(KreweErrorCode.InvalidInput, StatusCode.InvalidArgument, false)]
    [InlineData(KreweErrorCode.ModelNotFound, StatusCode.NotFound, false)]
    [InlineData(KreweErrorCode.Unavailable, StatusCode.Unavailable, true)]
    [InlineData(KreweErrorCode.Overloaded, StatusCode.ResourceExhausted, true)]
    [InlineData(KreweErrorCode.DeadlineExceeded, StatusCode.DeadlineExceeded, true)]
    [InlineData(KreweErrorCode.PayloadTooLarge, StatusCode.ResourceExhausted, false)]
    [InlineData(KreweErrorCode.Cancelled, StatusCode.Cancelled, false)]
    [InlineData(KreweErrorCode.Conflict, StatusCode.FailedPrecondition, false)]
    public async Task An_error_has_the_status_of_its_kind(KreweErrorCode code, StatusCode expected, bool canRetry)
    {
        host.Infer = (_, _) => throw new KreweException(code, "why\nnot é") { RetryAfter = TimeSpan.FromSeconds(6.5) };
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(ProtoTensors.Floats(1)));
        Assert.Equal(expected, error.StatusCode);
        Assert.Equal(canRetry ? ("7", "7000") : default, (error.Trailers.GetValue("retry-after"), error.Trailers.GetValue("grpc-retry-pushback-ms")));
        Assert.Equal(canRetry, error.Trailers.GetValueBytes("grpc-status-details-bin") is { } details && RetryDelayOf(details, error.Status) == 7);
        Assert.True(code == KreweErrorCode.Cancelled || error.Status.Detail == "why\nnot é", error.Status.Detail);
    }

    [Theory]
    [InlineData(KreweErrorCode.Overloaded, StatusCode.ResourceExhausted)]
    [InlineData(KreweErrorCode.Unavailable, StatusCode.Unavailable)]
    public async Task The_retry_policies_of_clients_follow_the_delay(KreweErrorCode code, StatusCode status)
    {
        var calls = 0;
        host.Infer = (request, _) => Interlocked.Increment(ref calls) == 1
            ? throw new KreweException(code, "not now")
            : new(Answer(request, Tensor.Create("y", TensorType.UInt8, [1], new byte[1])));
        await using var server = await ApiServer.StartAsync(host);

        // Without a word from the server the client would wait an hour.
        using var caller = new GrpcCaller(server, new global::Grpc.Net.Client.Configuration.RetryPolicy
        {
            MaxAttempts = 2, InitialBackoff = TimeSpan.FromHours(1), MaxBackoff = TimeSpan.FromHours(1), BackoffMultiplier = 1, RetryableStatusCodes = { status },
        });
        await caller.Infer(ProtoTensors.Floats(1)).ResponseAsync.WaitAsync(TimeSpan.FromMinutes(5), Token);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task An_unexpected_error_tells_nothing_and_is_logged()
    {
        host.Infer = (_, _) => throw new InvalidOperationException("secret");
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(ProtoTensors.Floats(1)));
        Assert.Equal((StatusCode.Internal, "internal error"), (error.StatusCode, error.Status.Detail));
        Assert.Contains(server.Log.GetSnapshot(), static record => record.Id.Id == 310 && record.Exception is InvalidOperationException);
        Assert.Contains("route=\"/inference.GRPCInferenceService/ModelInfer\",status=\"5xx\"} 1", await server.Client.GetStringAsync("/metrics", Token));
    }

    [Fact]
    public async Task An_unknown_model_is_told_before_what_else_is_wrong()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var request = ProtoTensors.Floats(1);
        (request.ModelName, request.Inputs[0].Datatype) = ("n", "FP31");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(request));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.StartsWith("Request for unknown model: 'n' is not found", error.Status.Detail);
    }

    [Theory]
    [InlineData("parameter", 9_000_000L, null, 9_000)]
    [InlineData("deadline", 0L, 30_000, 30_000)]
    [InlineData("the shorter of both", 9_000_000L, 30_000, 9_000)]
    [InlineData("the other way", 90_000_000L, 30_000, 30_000)]
    public async Task The_shorter_time_limit_counts(string why, long microseconds, int? deadline, int milliseconds)
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var request = ProtoTensors.Floats(1);
        request.Parameters["timeout"] = new Proto.InferParameter { Int64Param = microseconds };
        var options = deadline is { } left ? new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(left)) : default;
        await caller.Infer(request, options);
        Assert.InRange(host.LastRequest!.Timeout.TotalMilliseconds, milliseconds * 0.5, milliseconds);
        Assert.NotEmpty(why);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_is_given_up_is_cancelled_in_the_host(bool byDeadline)
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Infer = async (request, token) =>
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                ended.SetResult();
            }

            return null!;
        };
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var cancel = new CancellationTokenSource();
        var deadline = byDeadline ? TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300) : (DateTime?)null;
        var call = caller.Infer(ProtoTensors.Floats(1), new CallOptions(deadline: deadline, cancellationToken: cancel.Token)).ResponseAsync;
        await begun.Task.WaitAsync(Token);
        if (!byDeadline)
        {
            await cancel.CancelAsync();
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(byDeadline ? StatusCode.DeadlineExceeded : StatusCode.Cancelled, error.StatusCode);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Version_id_outputs_and_route_key_are_those_of_the_request()
    {
        host.Aliases["prod"] = new ModelVersion(1);
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var request = ProtoTensors.RequestOf(isRaw: true, TensorOf.Values("x", [1], 1f), TensorOf.Values("y", [1], 2));
        (request.Id, request.ModelVersion) = ("é7", "prod");
        request.Outputs.Add(new Proto.ModelInferRequest.Types.InferRequestedOutputTensor { Name = "y" });
        request.Parameters["route_key"] = new Proto.InferParameter { Int64Param = 7 };
        request.Parameters["priority"] = new Proto.InferParameter { Uint64Param = 1 };
        request.Parameters["unknown"] = new Proto.InferParameter { DoubleParam = 1 };
        using var call = caller.Infer(request);
        var answer = await call;
        Assert.Equal(("m", "1", "é7"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal("y", Assert.Single(answer.Outputs).Name);
        Assert.Equal("1", (await call.ResponseHeadersAsync).GetValue("krewe-model-version"));
        Assert.Equal("7", host.LastRequest!.RouteKey);
        await caller.Infer(request, new CallOptions(new Metadata { { "krewe-route-key", "me" } }));
        Assert.Equal("me", host.LastRequest!.RouteKey);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_however_it_is_sent()
    {
        await using var server = await ApiServer.StartAsync(host, static options => options.Limits.MaxBodyBytes = 1 << 20);
        using var caller = new GrpcCaller(server);
        var request = ProtoTensors.RequestOf(isRaw: true, Tensor.Create("x", TensorType.UInt8, [1 << 20], new byte[1 << 20]));
        foreach (var encoding in new[] { "identity", "gzip", "deflate" })
        {
            var options = new CallOptions(new Metadata { { "grpc-internal-encoding-request", encoding } });
            var error = await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(request, options));
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        }

        await caller.Infer(ProtoTensors.Floats(1));
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("identity", null)]
    public async Task Answers_are_compressed_as_requests_are(string encoding, string? expected)
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Infer(
            ProtoTensors.Floats(new float[4000]), new CallOptions(new Metadata { { "grpc-internal-encoding-request", encoding } }));
        Assert.Equal(4000, (await call).Outputs[0].Contents.Fp32Contents.Count);
        Assert.Equal(expected, caller.LastEncoding);
    }

    [Fact]
    public async Task An_application_with_other_paths_serves_it_too()
    {
        await using var server = await ApiServer.StartAsync(host, static options => options.OwnsEveryPath = false);
        using var caller = new GrpcCaller(server);
        Assert.Equal([1, 2], (await caller.Infer(ProtoTensors.Floats(1, 2))).Outputs[0].Contents.Fp32Contents);
        var request = ProtoTensors.Floats(1);
        request.ModelName = "n";
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await caller.Infer(request))).StatusCode);
        Assert.Contains("route=\"/inference.GRPCInferenceService/ModelInfer\",status=\"4xx\"} 1", await server.Client.GetStringAsync("/metrics", Token));
    }

    [Fact]
    public async Task Http_1_is_told_to_upgrade()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var answer = await server.Client.PostAsync($"/{GrpcCaller.Service}/ModelInfer", content, Token);
        Assert.Equal(426, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Another_content_type_is_an_error_of_the_caller()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{GrpcCaller.Service}/ModelInfer")
        {
            Version = System.Net.HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([0, 0, 0, 0, 0]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grqc");
        using var answer = await server.Client.SendAsync(request, Token);
        await answer.Content.ReadAsByteArrayAsync(Token);
        Assert.Equal(415, (int)answer.StatusCode);
        Assert.Equal("3", (answer.TrailingHeaders.TryGetValues("grpc-status", out var found) ? found : answer.Headers.GetValues("grpc-status")).Single());
    }

    private static InferenceResponse Answer(InferenceRequest request, params Tensor[] outputs) =>
        new() { Model = new ModelId(request.Model.Name, new ModelVersion(1)), Outputs = outputs };

    /// <summary>The seconds of the RetryInfo in a google.rpc.Status, which also has code and message.</summary>
    private static long RetryDelayOf(byte[] details, Status status)
    {
        var reader = new CodedInputStream(details);
        Assert.Equal((8u, (int)status.StatusCode, 18u, status.Detail, 26u), (reader.ReadTag(), reader.ReadInt32(), reader.ReadTag(), reader.ReadString(), reader.ReadTag()));
        var any = Google.Protobuf.WellKnownTypes.Any.Parser.ParseFrom(reader.ReadBytes());
        Assert.True(reader.IsAtEnd);
        Assert.Equal("type.googleapis.com/google.rpc.RetryInfo", any.TypeUrl);
        var info = any.Value.CreateCodedInput();
        Assert.Equal(10u, info.ReadTag());
        return Google.Protobuf.WellKnownTypes.Duration.Parser.ParseFrom(info.ReadBytes()).Seconds;
    }

    private static async Task<byte[][]> RestAsync(ApiServer server, Tensor[] inputs)
    {
        var heads = inputs.Select(input =>
            $$$"""{"name":"{{{input.Name}}}","datatype":"{{{input.Type.WireName()}}}","shape":{{{TensorShape.Format(input.Shape)}}},"parameters":{"binary_data_size":{{{input.Data.Length}}}}}""");
        var json = System.Text.Encoding.UTF8.GetBytes($$"""{"parameters":{"binary_data_output":true},"inputs":[{{string.Join(',', heads)}}]}""");
        using var content = new ByteArrayContent([.. json, .. inputs.SelectMany(static input => input.Data.ToArray())]);
        content.Headers.Add(InferenceHeader.Name, $"{json.Length}");
        using var answer = await server.Client.PostAsync("/v2/models/m/infer", content, Token);
        var body = await answer.Content.ReadAsByteArrayAsync(Token);
        var at = int.Parse(answer.Headers.GetValues(InferenceHeader.Name).Single(), System.Globalization.CultureInfo.InvariantCulture);
        return [.. inputs.Select(input => body[at..(at += input.Data.Length)])];
    }
}
