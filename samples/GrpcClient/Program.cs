using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Inference;

using var channel = GrpcChannel.ForAddress(args is [var address] ? address : "http://localhost:8001");
var krewe = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
float[] house = [120, 400, 4, 2, 20, 5, 1, 5];

// One call, with typed contents.
var request = new ModelInferRequest { ModelName = "house-price" };
request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor
{
    Name = "features", Datatype = "FP32", Shape = { 1, 8 }, Contents = new InferTensorContents { Fp32Contents = { house } },
});
var answer = await krewe.ModelInferAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
Console.WriteLine($"{answer.ModelName} {answer.ModelVersion}: {answer.Outputs[0].Contents.Fp32Contents[0]:0}");

// A stream, with raw contents. A request that fails is an answer too.
using var stream = krewe.ModelStreamInfer();
foreach (var (id, model) in new[] { ("a", "house-price"), ("b", "castle-price") })
{
    var next = new ModelInferRequest { Id = id, ModelName = model };
    next.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "features", Datatype = "FP32", Shape = { 1, 8 } });
    next.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(house.AsSpan())));
    await stream.RequestStream.WriteAsync(next);
}

await stream.RequestStream.CompleteAsync();
await foreach (var next in stream.ResponseStream.ReadAllAsync())
{
    Console.WriteLine(next.ErrorMessage.Length > 0
        ? $"{next.InferResponse.Id}: {next.ErrorMessage}"
        : $"{next.InferResponse.Id}: {BitConverter.ToSingle(next.InferResponse.RawOutputContents[0].Span):0}");
}

// A call that fails has a status.
try
{
    await krewe.ModelMetadataAsync(new ModelMetadataRequest { Name = "house-price", Version = "9" });
}
catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
{
    Console.WriteLine(error.Status.Detail);
}
