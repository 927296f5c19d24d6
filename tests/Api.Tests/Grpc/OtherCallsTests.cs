using System.Text.Json;
using Grpc.Core;
using Grpc.Health.V1;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;
using Proto = Inference;
using Reflected = Grpc.Reflection.V1;
using Status = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Krewe.Api.Tests.Grpc;

/// <summary>The calls beside inference say what the endpoints of REST say.</summary>
public sealed class OtherCallsTests
{
    private const string Health = "grpc.health.v1.Health";
    private readonly FakeModelHost host = new FakeModelHost().Add(
        "m", new TensorSpec("x", TensorType.Float32, [-1, 3]), new TensorSpec("s", TensorType.Bytes, [-1]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_says_what_it_is()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var rest = JsonDocument.Parse(await server.Client.GetStringAsync("/v2", Token));
        var metadata = await caller.Call<Proto.ServerMetadataRequest, Proto.ServerMetadataResponse>("ServerMetadata", new());
        Assert.Equal(rest.RootElement.GetProperty("name").GetString(), metadata.Name);
        Assert.Equal(rest.RootElement.GetProperty("version").GetString(), metadata.Version);
        Assert.Equal(rest.RootElement.GetProperty("extensions").EnumerateArray().Select(static item => item.GetString()), metadata.Extensions);
        Assert.True((await caller.Call<Proto.ServerLiveRequest, Proto.ServerLiveResponse>("ServerLive", new())).Live);
        Assert.True((await caller.Call<Proto.ServerReadyRequest, Proto.ServerReadyResponse>("ServerReady", new())).Ready);
        host.Readiness = HostReadiness.NotReady("draining");
        Assert.False((await caller.Call<Proto.ServerReadyRequest, Proto.ServerReadyResponse>("ServerReady", new())).Ready);
    }

    [Fact]
    public async Task A_model_has_the_signature_and_settings_of_rest()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var metadata = await caller.Call<Proto.ModelMetadataRequest, Proto.ModelMetadataResponse>("ModelMetadata", new() { Name = "m" });
        Assert.Equal(("m", "onnxruntime_onnx", "1"), (metadata.Name, metadata.Platform, Assert.Single(metadata.Versions)));
        Assert.Equal([("x", "FP32", "[-1,3]"), ("s", "BYTES", "[-1]")], metadata.Inputs.Select(
            static input => (input.Name, input.Datatype, TensorShape.Format(input.Shape.ToArray()))));
        Assert.Equal(metadata.Inputs, metadata.Outputs);

        using var rest = JsonDocument.Parse(await server.Client.GetStringAsync("/v2/models/m/config", Token));
        var config = (await caller.Call<Proto.ModelConfigRequest, Proto.ModelConfigResponse>("ModelConfig", new() { Name = "m", Version = "1" })).Config;
        Assert.Equal((8, 3L, Proto.DataType.TypeString, 2000UL), (config.MaxBatchSize, Assert.Single(config.Input[0].Dims), config.Output[1].DataType, config.DynamicBatching.MaxQueueDelayMicroseconds));
        Assert.NotNull(config.VersionPolicy.All);
        var own = rest.RootElement.GetProperty("krewe").EnumerateObject().Where(static member => member.Value.ValueKind != JsonValueKind.Null).ToList();
        Assert.Equal(own.Select(static member => $"krewe.{member.Name}={member.Value}".ToUpperInvariant()).Order(),
            config.Parameters.Select(static parameter => $"{parameter.Key}={parameter.Value.StringValue}".ToUpperInvariant()).Order());
    }

    [Fact]
    public async Task A_model_is_ready_or_not_or_unknown()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        Assert.True(await IsReadyAsync("m", ""));
        host.Statuses = [new(ModelName.Parse("m"), new ModelVersion(1), VersionState.Failed, "broken")];
        Assert.False(await IsReadyAsync("m", "1"));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => IsReadyAsync("n", ""))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => IsReadyAsync("m", "9"))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => IsReadyAsync("a b", ""))).StatusCode);

        async Task<bool> IsReadyAsync(string name, string version) =>
            (await caller.Call<Proto.ModelReadyRequest, Proto.ModelReadyResponse>("ModelReady", new() { Name = name, Version = version })).Ready;
    }

    [Fact]
    public async Task Statistics_are_those_of_rest()
    {
        host.Statistics.Add(new ModelStatistics
        {
            Model = new ModelId(ModelName.Parse("m"), new ModelVersion(1)), InferenceCount = 7, ExecutionCount = 3, MemoryBytes = 9,
            LastInference = DateTimeOffset.FromUnixTimeMilliseconds(1234), Success = new(5, 50), Batches = [new(2, new(1, 10), new(2, 20), new(3, 30))],
        });
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        foreach (var name in new[] { "", "m" })
        {
            var all = await caller.Call<Proto.ModelStatisticsRequest, Proto.ModelStatisticsResponse>("ModelStatistics", new() { Name = name });
            var one = Assert.Single(all.ModelStats);
            Assert.Equal((1234UL, 7UL, 3UL, 50UL, 9UL), (one.LastInference, one.InferenceCount, one.ExecutionCount, one.InferenceStats.Success.Ns, one.MemoryUsage[0].ByteSize));
            Assert.Equal((2UL, 20UL), (one.BatchStats[0].BatchSize, one.BatchStats[0].ComputeInfer.Ns));
        }
    }

    [Fact]
    public async Task The_repository_is_listed_loaded_and_unloaded()
    {
        host.Statuses =
        [
            new(ModelName.Parse("m"), new ModelVersion(1), VersionState.Absent, ""), new(ModelName.Parse("m"), new ModelVersion(2), VersionState.Failed, "broken"),
        ];
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        Assert.Equal(["m/1 READY loads on first call", "m/2 UNAVAILABLE broken"], await ListAsync(false));
        Assert.Equal(["m/1 READY loads on first call"], await ListAsync(true));
        await caller.Call<Proto.RepositoryModelLoadRequest, Proto.RepositoryModelLoadResponse>("RepositoryModelLoad", new() { ModelName = "m" });
        var unload = new Proto.RepositoryModelUnloadRequest { ModelName = "m", Parameters = { ["unload_dependents"] = new() { BoolParam = true } } };
        await caller.Call<Proto.RepositoryModelUnloadRequest, Proto.RepositoryModelUnloadResponse>("RepositoryModelUnload", unload);
        Assert.Equal(["load m", "unload m"], host.Operations);

        // The form of KServe, whose only field is the model's name.
        await caller.Call<Proto.RepositoryModelLoadRequest, Proto.RepositoryModelLoadResponse>("RepositoryModelLoad", new() { RepositoryName = "m" });
        await caller.Call<Proto.RepositoryModelUnloadRequest, Proto.RepositoryModelUnloadResponse>("RepositoryModelUnload", new() { RepositoryName = "m" });
        Assert.Equal(["load m", "unload m", "load m", "unload m"], host.Operations);

        var load = new Proto.RepositoryModelLoadRequest { ModelName = "m", Parameters = { ["config"] = new() { StringParam = "{}" } } };
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await caller.Call<Proto.RepositoryModelLoadRequest, Proto.RepositoryModelLoadResponse>("RepositoryModelLoad", load));
        Assert.Contains("load parameter 'config' is not supported", refused.Status.Detail);
        host.OperationFailure = KreweException.Unavailable("broken");
        refused = await Assert.ThrowsAsync<RpcException>(async () => await caller.Call<Proto.RepositoryModelLoadRequest, Proto.RepositoryModelLoadResponse>("RepositoryModelLoad", new() { ModelName = "m" }));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        async Task<IEnumerable<string>> ListAsync(bool ready) =>
            (await caller.Call<Proto.RepositoryIndexRequest, Proto.RepositoryIndexResponse>("RepositoryIndex", new() { Ready = ready }))
                .Models.Select(static model => $"{model.Name}/{model.Version} {model.State} {model.Reason}");
    }

    [Theory]
    [InlineData(GrpcCaller.Service, "Nothing")]
    [InlineData("inference.Nothing", "ModelInfer")]
    public async Task What_does_not_exist_is_unimplemented(string service, string method)
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await caller.Call<Proto.ServerLiveRequest, Proto.ServerLiveResponse>(method, new(), service: service));
        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task Health_is_that_of_the_server_or_of_a_model()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        Assert.Equal(Status.Serving, await CheckAsync(""));
        Assert.Equal(Status.Serving, await CheckAsync(GrpcCaller.Service));
        Assert.Equal(Status.Serving, await CheckAsync("m"));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => CheckAsync("n"))).StatusCode);
        host.Readiness = HostReadiness.NotReady("draining");
        host.Statuses = [new(ModelName.Parse("m"), new ModelVersion(1), VersionState.Failed, "broken")];
        Assert.Equal(Status.NotServing, await CheckAsync(""));
        Assert.Equal(Status.NotServing, await CheckAsync("m"));

        async Task<Status> CheckAsync(string service) =>
            (await caller.Call<HealthCheckRequest, HealthCheckResponse>("Check", new() { Service = service }, service: Health)).Status;
    }

    [Fact]
    public async Task A_watch_tells_every_change_and_the_stop()
    {
        await using var server = await ApiServer.StartAsync(host);
        using var caller = new GrpcCaller(server);
        using var watch = caller.Watch<HealthCheckRequest, HealthCheckResponse>("Watch", Health, new());
        using var unknown = caller.Watch<HealthCheckRequest, HealthCheckResponse>("Watch", Health, new() { Service = "n" });
        Assert.Equal(Status.Serving, await NextAsync(watch));
        Assert.Equal(Status.ServiceUnknown, await NextAsync(unknown));
        host.Readiness = HostReadiness.NotReady("draining");
        host.Add("n", new TensorSpec("x", TensorType.Float32, [1]));
        Assert.Equal(Status.NotServing, await NextAsync(watch));
        Assert.Equal(Status.Serving, await NextAsync(unknown));
        var stopped = server.StopAsync();
        Assert.Equal(Status.NotServing, await NextAsync(unknown));
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => NextAsync(watch))).StatusCode);
        await stopped.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Empty(server.Log.Warnings);

        static async Task<Status> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
        {
            Assert.True(await watch.ResponseStream.MoveNext(Token));
            return watch.ResponseStream.Current.Status;
        }
    }

    [Fact]
    public async Task Reflection_lists_the_services_and_does_not_delay_a_stop()
    {
        await using var server = await ApiServer.StartAsync(host, static options => options.ShutdownTimeout = TimeSpan.FromMinutes(4));
        using var caller = new GrpcCaller(server);
        using var call = caller.Duplex<Reflected.ServerReflectionRequest, Reflected.ServerReflectionResponse>(
            "ServerReflectionInfo", "grpc.reflection.v1.ServerReflection");
        await call.RequestStream.WriteAsync(new() { ListServices = "" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(
            [Health, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", GrpcCaller.Service],
            call.ResponseStream.Current.ListServicesResponse.Service.Select(static service => service.Name).Order(StringComparer.Ordinal));
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = GrpcCaller.Service }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var file = Assert.Single(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
        Assert.Equal("open_inference.proto", Google.Protobuf.Reflection.FileDescriptorProto.Parser.ParseFrom(file).Name);
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(30), Token);
    }
}
