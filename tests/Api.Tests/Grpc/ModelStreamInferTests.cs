using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;
using Proto = Inference;

namespace Krewe.Api.Tests.Grpc;

public sealed class ModelStreamInferTests
{
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_come_in_the_order_of_the_requests_however_long_each_takes()
    {
        const int Count = 200;
        var seed = Replay.Seed();
        host.Infer = async (request, token) =>
        {
            var answer = Answer(request);
            await Task.Delay(new Random(seed + request.Id!.GetHashCode(StringComparison.Ordinal)).Next(20), token);
            return answer;
        };
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        var sending = SendAsync(call, Enumerable.Range(0, Count).Select(static n => Request($"{n}", n)));
        var answers = await ReadAsync(call);
        await sending;
        Assert.Equal(Enumerable.Range(0, Count).Select(static n => $"{n}"), answers.Select(static answer => answer.InferResponse.Id));
        Assert.All(answers, static answer => Assert.Equal(
            float.Parse(answer.InferResponse.Id, System.Globalization.CultureInfo.InvariantCulture), answer.InferResponse.Outputs[0].Contents.Fp32Contents[0]));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_failed_request_is_an_answer_with_its_id_and_the_stream_goes_on()
    {
        host.Infer = (request, _) => request.Id == "2" ? throw KreweException.Overloaded("full", TimeSpan.FromSeconds(1)) : new(Answer(request));
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        var (wrong, unknown) = (Request("3", 3), Request("4", 4));
        (wrong.Inputs[0].Datatype, unknown.ModelName) = ("FP31", "n");
        await SendAsync(call, [Request("1", 1), Request("2", 2), wrong, unknown, Request("5", 5)]);
        var answers = await ReadAsync(call);
        Assert.Equal(["1", "2", "3", "4", "5"], answers.Select(static answer => answer.InferResponse.Id));
        Assert.Equal(["", "full"], answers.Take(2).Select(static answer => answer.ErrorMessage));
        Assert.Contains("unknown datatype 'FP31'", answers[2].ErrorMessage);
        Assert.StartsWith("Request for unknown model: 'n'", answers[3].ErrorMessage);
        Assert.Equal(("n", 0), (answers[3].InferResponse.ModelName, answers[3].InferResponse.Outputs.Count));
        Assert.Equal("", answers[4].ErrorMessage);
    }

    [Fact]
    public async Task The_first_failure_ends_a_stream_that_wants_real_statuses()
    {
        host.Infer = (request, _) => request.Id == "2" ? throw KreweException.Overloaded("full", TimeSpan.FromSeconds(1)) : new(Answer(request));
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream(new CallOptions(new Metadata { { "triton_grpc_error", "true" } }));
        await call.RequestStream.WriteAsync(Request("1", 1), Token);
        await call.RequestStream.WriteAsync(Request("2", 2), Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal("1", call.ResponseStream.Current.InferResponse.Id);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal((StatusCode.ResourceExhausted, "full", "1"), (error.StatusCode, error.Status.Detail, error.Trailers.GetValue("retry-after")));
    }

    [Fact]
    public async Task The_last_answer_says_so_where_it_is_asked_to()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        var asking = Request("1", 1);
        asking.Parameters["triton_enable_empty_final_response"] = new() { BoolParam = true };
        await SendAsync(call, [asking, Request("2", 2)]);
        var answers = await ReadAsync(call);
        Assert.True(answers[0].InferResponse.Parameters["triton_final_response"].BoolParam);
        Assert.Empty(answers[1].InferResponse.Parameters);
    }

    [Fact]
    public async Task Many_are_under_way_at_once_but_not_all_that_a_client_sends()
    {
        var (begun, most, underWay) = (new SemaphoreSlim(0), 0, 0);
        var release = new TaskCompletionSource();
        host.Infer = async (request, token) =>
        {
            var answer = Answer(request);
            most = Math.Max(most, Interlocked.Increment(ref underWay));
            begun.Release();
            await release.Task.WaitAsync(token);
            Interlocked.Decrement(ref underWay);
            return answer;
        };
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        var sending = SendAsync(call, Enumerable.Range(0, 500).Select(static n => Request($"{n}", n)));
        for (var i = 0; i < 32; i++)
        {
            await begun.WaitAsync(Token);
        }

        await Task.Delay(200, Token);
        Assert.InRange(underWay, 32, 40);
        release.SetResult();
        Assert.Equal(500, (await ReadAsync(call)).Count);
        await sending;
        Assert.InRange(most, 32, 40);
    }

    [Fact]
    public async Task A_stop_tells_the_stream_and_answers_what_is_under_way()
    {
        var begun = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        host.Infer = async (request, _) =>
        {
            var answer = Answer(request);
            begun.TrySetResult();
            await release.Task;
            return answer;
        };
        await using var server = await ApiServer.StartAsync(host, static options => options.ShutdownTimeout = TimeSpan.FromMinutes(4));
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        await call.RequestStream.WriteAsync(Request("1", 1), Token);
        await begun.Task.WaitAsync(Token);
        var stopped = server.StopAsync();
        await Task.Delay(100, Token);
        Assert.False(stopped.IsCompleted);
        release.SetResult();
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal("1", call.ResponseStream.Current.InferResponse.Id);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));
        Assert.Equal((StatusCode.Unavailable, "1"), (error.StatusCode, error.Trailers.GetValue("retry-after")));
        await stopped.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Empty(server.Log.Warnings);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_what_is_under_way_and_every_answer_is_freed()
    {
        var (begun, owners) = (new SemaphoreSlim(0), new System.Collections.Concurrent.ConcurrentBag<Owner>());
        host.Infer = async (request, token) =>
        {
            var isLate = int.Parse(request.Id!, System.Globalization.CultureInfo.InvariantCulture) % 2 == 0;
            begun.Release();
            await Task.Delay(isLate ? TimeSpan.FromMinutes(2) : TimeSpan.Zero, token);
            var owner = new Owner();
            owners.Add(owner);
            return new InferenceResponse
            {
                Model = new ModelId(request.Model.Name, new ModelVersion(1)),
                Outputs = [Tensor.Create("y", TensorType.UInt8, [1], new byte[1], owner)],
            };
        };
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var cancel = new CancellationTokenSource();
        using (var call = caller.Stream(new CallOptions(cancellationToken: cancel.Token)))
        {
            for (var i = 0; i < 20; i++)
            {
                await call.RequestStream.WriteAsync(Request($"{i}", i), Token);
                await begun.WaitAsync(Token);
            }

            await cancel.CancelAsync();
        }

        while (owners.Any(static owner => !owner.IsDisposed) || !(await server.Client.GetStringAsync("/metrics", Token)).Contains("krewe_http_requests_in_flight 1\n", StringComparison.Ordinal))
        {
            await Task.Delay(20, Token);
        }

        Assert.Equal(10, owners.Count);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    private static Proto.ModelInferRequest Request(string id, float value)
    {
        var request = ProtoTensors.Floats(value);
        request.Id = id;
        return request;
    }

    private static InferenceResponse Answer(InferenceRequest request) => new()
    {
        Model = new ModelId(request.Model.Name, new ModelVersion(1)),
        Id = request.Id,
        Outputs = [.. request.Inputs.Select(input => Tensor.Create(input.Name, input.Type, input.Shape, input.Data.ToArray()))],
    };

    private static async Task SendAsync(
        AsyncDuplexStreamingCall<Proto.ModelInferRequest, Proto.ModelStreamInferResponse> call, IEnumerable<Proto.ModelInferRequest> requests)
    {
        foreach (var request in requests)
        {
            await call.RequestStream.WriteAsync(request, Token);
        }

        await call.RequestStream.CompleteAsync();
    }

    private static async Task<List<Proto.ModelStreamInferResponse>> ReadAsync(
        AsyncDuplexStreamingCall<Proto.ModelInferRequest, Proto.ModelStreamInferResponse> call)
    {
        var answers = new List<Proto.ModelStreamInferResponse>();
        while (await call.ResponseStream.MoveNext(Token))
        {
            answers.Add(call.ResponseStream.Current);
        }

        return answers;
    }

    private sealed class Owner : IDisposable
    {
        private int count;

        public bool IsDisposed => count == 1;

        public void Dispose() => Interlocked.Increment(ref count);
    }
}
