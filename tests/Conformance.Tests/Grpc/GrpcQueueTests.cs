using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;
using Krewe.Conformance.Tests.Protocol;
using Client = Inference.GRPCInferenceService.GRPCInferenceServiceClient;

namespace Krewe.Conformance.Tests.Grpc;

/// <summary>A call that its caller has given up leaves the queue, which has room for one.</summary>
public sealed class GrpcQueueTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    // Minutes of work, which the end of the call ends.
    private const long Forever = 1000 * ProtocolModels.ManyIterations;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deadline_or_a_cancellation_makes_room_for_the_next_call()
    {
        using var channel = GrpcChannel.ForAddress(models.Client.BaseAddress!);
        var client = new Client(channel);
        await client.ModelInferAsync(RequestOf(1), cancellationToken: Token);
        AsyncUnaryCall<ModelInferResponse> Begin() => client.ModelInferAsync(RequestOf(Forever), cancellationToken: Token);
        AsyncUnaryCall<ModelInferResponse> Brief() =>
            client.ModelInferAsync(RequestOf(1), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Short);
        var running = Begin();

        // Until it has begun, others are answered, and one of them may have the only place in the queue.
        while (await StatusOfAsync(Brief) != StatusCode.DeadlineExceeded || running.ResponseAsync.IsCompleted)
        {
            if (running.ResponseAsync.IsCompleted)
            {
                running.Dispose();
                running = Begin();
            }
        }

        for (var i = 0; i < 4; i++)
        {
            await UntilAsync(StatusCode.DeadlineExceeded, Brief);
            await UntilAsync(StatusCode.DeadlineExceeded, () => client.ModelInferAsync(RequestOf(1, timeoutMicroseconds: 200_000)));
            using var cancel = new CancellationTokenSource(Short);
            await UntilAsync(StatusCode.Cancelled, () => client.ModelInferAsync(RequestOf(1), cancellationToken: cancel.Token));
        }

        // Nobody waits for this run any more, so it ends.
        running.Dispose();
        await UntilAsync(StatusCode.OK, () => client.ModelInferAsync(RequestOf(1), cancellationToken: Token));
    }

    /// <summary>Calls until the queue has a place, which is soon; the call then ends as expected.</summary>
    private static async Task UntilAsync(StatusCode expected, Func<AsyncUnaryCall<ModelInferResponse>> call)
    {
        StatusCode status;
        do
        {
            status = await StatusOfAsync(call);
        }
        while (status == StatusCode.ResourceExhausted);
        Assert.Equal(expected, status);
    }

    private static async Task<StatusCode> StatusOfAsync(Func<AsyncUnaryCall<ModelInferResponse>> call)
    {
        Token.ThrowIfCancellationRequested();
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static ModelInferRequest RequestOf(long turns, long? timeoutMicroseconds = null)
    {
        var request = new ModelInferRequest { ModelName = ProtocolModels.Slow };
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 128 } });
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "turns", Datatype = "INT64" });
        request.RawInputContents.Add(ByteString.CopyFrom(new byte[512]));
        request.RawInputContents.Add(ByteString.CopyFrom(BitConverter.GetBytes(turns)));
        if (timeoutMicroseconds is { } timeout)
        {
            request.Parameters["timeout"] = new InferParameter { Int64Param = timeout };
        }

        return request;
    }
}
