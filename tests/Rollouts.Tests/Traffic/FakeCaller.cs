using System.Collections.Concurrent;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Traffic;

namespace Krewe.Rollouts.Tests.Traffic;

/// <summary>Answers with the version's number, after what a test wants to happen first.</summary>
internal sealed class FakeCaller : IVersionCaller
{
    public ConcurrentQueue<(ModelVersion Version, InferenceRequest Request)> Calls { get; } = new();

    public ConcurrentQueue<Held> Outputs { get; } = new();

    public Func<ModelVersion, InferenceRequest, Task> First { get; set; } = static (_, _) => Task.CompletedTask;

    public async ValueTask<InferenceResponse> CallAsync(InferenceRequest request, ModelVersion version, CancellationToken cancellationToken)
    {
        Calls.Enqueue((version, request));
        await First(version, request);
        var held = new Held();
        Outputs.Enqueue(held);
        float[] value = [version.Number];
        var output = Tensor.Create("y", TensorType.Float32, [1], System.Runtime.InteropServices.MemoryMarshal.AsBytes(value.AsSpan()).ToArray(), held);
        return new InferenceResponse { Model = new ModelId(request.Model.Name, version), Outputs = [output] };
    }
}
