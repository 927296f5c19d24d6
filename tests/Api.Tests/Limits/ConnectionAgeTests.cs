using Grpc.Core;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Api.Tests.Grpc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Api.Tests.Limits;

/// <summary>HTTP/2 connections end at a maximum age, without an error of a call that ends within the grace.</summary>
public sealed class ConnectionAgeTests
{
    // With the jitter of a tenth: GOAWAY after 18 to 22 s, streams are told after 28 to 32 s and the connection is aborted after 33 to 37 s.
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(20), Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(17), Old = TimeSpan.FromSeconds(22.5), Told = TimeSpan.FromSeconds(32.5), Over = TimeSpan.FromSeconds(37.5);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));
    private readonly FakeTimeProvider time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_connects_anew_and_loses_no_call()
    {
        await using var server = await StartAsync();
        using var caller = new GrpcCaller(server);
        await caller.Infer(ProtoTensors.Floats(1));
        Assert.Equal(1, caller.Connections);
        for (var i = 2; i < 5; i++)
        {
            time.Advance(Young);
            await caller.Infer(ProtoTensors.Floats(1));
            Assert.Equal(i - 1, caller.Connections);
            time.Advance(Old - Young);
            while (caller.Connections < i)
            {
                await caller.Infer(ProtoTensors.Floats(1));
            }
        }
    }

    [Fact]
    public async Task A_stream_goes_on_through_the_grace_and_is_told_at_its_end()
    {
        await using var server = await StartAsync();
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        await AskAsync();
        time.Advance(Old);
        await AskAsync();
        time.Advance(Told - Old);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token)).WaitAsync(Soon, Token);
        Assert.Equal((StatusCode.Unavailable, "1"), (error.StatusCode, error.Trailers.GetValue("retry-after")));
        Assert.StartsWith("the connection has reached its maximum age", error.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);

        async Task AskAsync()
        {
            await call.RequestStream.WriteAsync(ProtoTensors.Floats(1), Token);
            Assert.True(await call.ResponseStream.MoveNext(Token));
        }
    }

    [Fact]
    public async Task What_was_read_of_a_stream_is_answered_first()
    {
        var (begun, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Infer = async (request, _) =>
        {
            var answer = Answer(request);
            begun.TrySetResult();
            await release.Task;
            return answer;
        };
        await using var server = await StartAsync();
        using var caller = new GrpcCaller(server);
        using var call = caller.Stream();
        await call.RequestStream.WriteAsync(ProtoTensors.Floats(1), Token);
        await begun.Task.WaitAsync(Token);
        time.Advance(Told);
        release.SetResult();
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode);
    }

    [Fact]
    public async Task A_call_that_outlasts_the_grace_is_cancelled()
    {
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Infer = async (_, token) =>
        {
            begun.SetResult();
            using var registration = token.Register(ended.SetResult);
            await Task.Delay(Timeout.Infinite, token);
            return null!;
        };
        await using var server = await StartAsync();
        using var caller = new GrpcCaller(server);
        var call = caller.Infer(ProtoTensors.Floats(1)).ResponseAsync;
        await begun.Task.WaitAsync(Token);
        time.Advance(Over);
        await ended.Task.WaitAsync(Soon, Token);
        await Assert.ThrowsAsync<RpcException>(() => call);
    }

    [Fact]
    public async Task A_watch_is_told_too_and_http_1_is_left_alone()
    {
        await using var server = await StartAsync();
        using var caller = new GrpcCaller(server);
        await using var http1 = await server.ConnectAsync();
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(http1), StringComparison.Ordinal);
        using var watch = caller.Watch<global::Grpc.Health.V1.HealthCheckRequest, global::Grpc.Health.V1.HealthCheckResponse>(
            "Watch", "grpc.health.v1.Health", new());
        Assert.True(await watch.ResponseStream.MoveNext(Token));
        time.Advance(Told);
        var error = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Token)).WaitAsync(Soon, Token);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(http1), StringComparison.Ordinal);

        static async Task<string> AskAsync(System.Net.Sockets.NetworkStream connection)
        {
            await connection.WriteAsync("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), Token);
            var answer = new byte[4096];
            return System.Text.Encoding.ASCII.GetString(answer, 0, await connection.ReadAsync(answer, Token));
        }
    }

    [Fact]
    public void Ages_are_positive_and_at_most_a_day()
    {
        Assert.Equal(
            ["MaxConnectionAge is 1.00:00:01: expected a positive time of at most one day", "ConnectionAgeGrace is 00:00:00: expected a positive time of at most one day"],
            new ApiLimits { MaxConnectionAge = TimeSpan.FromSeconds(86_401), ConnectionAgeGrace = TimeSpan.Zero }.Validate());
        Assert.Empty(new ApiLimits { MaxConnectionAge = TimeSpan.FromDays(1) }.Validate());
    }

    private Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        host, static options => (options.Limits.MaxConnectionAge, options.Limits.ConnectionAgeGrace) = (Age, Grace),
        services: services => services.AddSingleton<TimeProvider>(time));

    private static InferenceResponse Answer(InferenceRequest request) => new()
    {
        Model = new ModelId(request.Model.Name, new ModelVersion(1)),
        Outputs = [.. request.Inputs.Select(static input => Tensor.Create(input.Name, input.Type, input.Shape, input.Data.ToArray()))],
    };
}
