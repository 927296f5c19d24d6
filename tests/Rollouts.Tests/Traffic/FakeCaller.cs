using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Traffic;

namespace Krewe.Rollouts.Tests.Traffic;

/// <summary>Answers with the version's number, after what a test wants to happen first.</summary>
internal sealed class FakeCaller : IVersionCaller
{
    public ConcurrentQueue<FakeCall> Calls { get; } = new();

    public ConcurrentQueue<Held> Outputs { get; } = new();

    public Func<FakeCall, Task> First { get; set; } = static _ => Task.CompletedTask;

    public async ValueTask<CallResult> CallAsync(InferenceCall call)
    {
        var (request, version) = (call.Request, call.Version!.Value);
        var seen = new FakeCall(version, call.Beside, request.IsBackground, call.Left);
        Calls.Enqueue(seen);
        try
        {
            await First(seen);
        }
        catch (KreweException error)
        {
            return CallResult.Failed(error);
        }

        var held = new Held();
        Outputs.Enqueue(held);
        float[] value = [version.Number];
        var output = Tensor.Create("y", TensorType.Float32, [1], System.Runtime.InteropServices.MemoryMarshal.AsBytes(value.AsSpan()).ToArray(), held);
        return CallResult.Of(new InferenceResponse { Model = new ModelId(request.Model.Name, version), Outputs = [output] });
    }
}

/// <summary>A call as it was made.</summary>
internal sealed record FakeCall(ModelVersion Version, ModelVersion? Beside, bool IsBackground, TimeSpan Left);
