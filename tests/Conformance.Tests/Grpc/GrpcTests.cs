using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;
using Krewe.Conformance.Tests.Server;
using Client = Inference.GRPCInferenceService.GRPCInferenceServiceClient;

namespace Krewe.Conformance.Tests.Grpc;

/// <summary>The gRPC API of a real process.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private const string Model = "house-price";
    private ServerUnderTest? server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ServerUnderTest.StartAsync(Clone.Samples, ["--grpc-port", "0"]);

    public ValueTask DisposeAsync() => server!.DisposeAsync();

    [Fact]
    public async Task Both_ports_answer_and_with_the_bits_of_rest()
    {
        var random = Replay.Random();
        foreach (var address in new[] { server!.Grpc, server.Address })
        {
            using var channel = GrpcChannel.ForAddress(address);
            var client = new Client(channel);
            Assert.True((await client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Token)).Ready);
            for (var i = 0; i < 25; i++)
            {
                var rows = random.Next(1, 4);
                float[] values = [.. Enumerable.Range(0, rows * 8).Select(_ => (float)random.NextDouble() * 100)];
                var (raw, typed) = (RequestOf(values, isRaw: true), RequestOf(values, isRaw: false));
                var rest = await RestAsync(values);
                Assert.Equal(rest, MemoryMarshal.Cast<byte, float>((await client.ModelInferAsync(raw, cancellationToken: Token)).RawOutputContents[0].Span).ToArray());
                Assert.Equal(rest, (await client.ModelInferAsync(typed, cancellationToken: Token)).Outputs[0].Contents.Fp32Contents);
            }
        }
    }

    [Fact]
    public async Task Every_model_is_described_and_counted()
    {
        using var channel = GrpcChannel.ForAddress(server!.Grpc);
        var client = new Client(channel);
        await client.ModelInferAsync(RequestOf(new float[8], isRaw: true), cancellationToken: Token);
        var index = await client.RepositoryIndexAsync(new RepositoryIndexRequest(), cancellationToken: Token);
        Assert.True(index.Models.Count >= 4);
        foreach (var model in index.Models)
        {
            var metadata = await client.ModelMetadataAsync(new ModelMetadataRequest { Name = model.Name, Version = model.Version }, cancellationToken: Token);
            Assert.NotEmpty(metadata.Inputs);
            var config = await client.ModelConfigAsync(new ModelConfigRequest { Name = model.Name }, cancellationToken: Token);
            Assert.Equal(metadata.Inputs.Count, config.Config.Input.Count);
        }

        var statistics = await client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = Model }, cancellationToken: Token);
        Assert.True(statistics.ModelStats.Single().InferenceStats.Success.Count >= 1);
    }

    [Fact]
    public async Task A_stop_under_load_answers_every_call_and_tells_every_stream()
    {
        using var channel = GrpcChannel.ForAddress(server!.Grpc);
        var client = new Client(channel);
        using var warm = new CountdownEvent(8);
        var streams = Enumerable.Range(0, 8).Select(_ => StreamAsync(client, warm)).ToList();
        await Task.Run(() => warm.Wait(Token), Token);
        Assert.Equal(0, await server.StopAsync());
        foreach (var stream in streams)
        {
            Assert.Equal(StatusCode.Unavailable, await stream);
        }
    }

    [Fact]
    public async Task Broken_frames_are_refused_and_no_error_of_the_server()
    {
        using var client = new HttpClient { BaseAddress = server!.Grpc };
        byte[][] frames =
        [
            [], [0], [7, 0, 0, 0, 0], [0, 255, 255, 255, 255, 1], [1, 0, 0, 0, 1, 0], [0, 0, 0, 0, 9, 1], [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 255],
        ];
        foreach (var method in new[] { "ModelInfer", "ModelStreamInfer", "ModelMetadata" })
        {
            foreach (var frame in frames)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/inference.GRPCInferenceService/{method}")
                {
                    Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame),
                };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
                request.Headers.Add("grpc-encoding", "gzip");
                using var answer = await client.SendAsync(request, Token);
                await answer.Content.ReadAsByteArrayAsync(Token);
                var status = (answer.TrailingHeaders.TryGetValues("grpc-status", out var found) ? found : answer.Headers.GetValues("grpc-status")).Single();

                // A stream may be empty, and answers a bad message; a message may be too large.
                Assert.True(status is "3" or "8" || (status == "0" && method == "ModelStreamInfer"), $"{method} {Convert.ToHexString(frame)}: {status}");
            }
        }
    }

    private static async Task<StatusCode> StreamAsync(Client client, CountdownEvent warm)
    {
        using var call = client.ModelStreamInfer(cancellationToken: Token);
        try
        {
            for (var i = 0; ; i++)
            {
                await TryWriteAsync(call.RequestStream);
                if (!await call.ResponseStream.MoveNext(Token))
                {
                    return call.GetStatus().StatusCode;
                }

                Assert.Equal("", call.ResponseStream.Current.ErrorMessage);
                if (i == 5)
                {
                    warm.Signal();
                }
            }
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    /// <summary>A write that comes after the end tells only that; the stream of answers has the status.</summary>
    private static async Task TryWriteAsync(IClientStreamWriter<ModelInferRequest> requests)
    {
        try
        {
            await requests.WriteAsync(RequestOf(new float[8], isRaw: true), Token);
        }
        catch (RpcException)
        {
        }
    }

    private static ModelInferRequest RequestOf(float[] values, bool isRaw)
    {
        var request = new ModelInferRequest { ModelName = Model };
        var input = new ModelInferRequest.Types.InferInputTensor { Name = "features", Datatype = "FP32", Shape = { values.Length / 8, 8 } };
        request.Inputs.Add(input);
        if (isRaw)
        {
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())));
        }
        else
        {
            input.Contents = new InferTensorContents { Fp32Contents = { values } };
        }

        return request;
    }

    private async Task<float[]> RestAsync(float[] values)
    {
        var body = new { inputs = new[] { new { name = "features", datatype = "FP32", shape = new[] { values.Length / 8, 8 }, data = values } } };
        using var answer = await server!.Client.PostAsJsonAsync($"/v2/models/{Model}/infer", body, Token);
        using var json = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return [.. json.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(static value => value.GetSingle())];
    }
}
