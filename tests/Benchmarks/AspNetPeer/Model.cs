using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Krewe.AspNetPeer;

/// <summary>One session with one FP32 input and one FP32 output; runs side by side are allowed.</summary>
internal sealed class Model : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly string[] inputNames;
    private readonly string[] outputNames;

    public Model(string path, int intraOpThreads)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = intraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(path, options);
        inputNames = [session.InputNames[0]];
        outputNames = [session.OutputNames[0]];
    }

    public bool Accepts(InferRequest request) =>
        request.Inputs is [{ Datatype: "FP32" } input]
        && input.Name == inputNames[0]
        && input.Shape.Aggregate(1L, static (product, dimension) => product * dimension) == input.Data.Length;

    public InferResponse Infer(InferRequest request)
    {
        var tensor = request.Inputs[0];
        using var input = OrtValue.CreateTensorValueFromMemory(tensor.Data, tensor.Shape);
        using var outputs = session.Run(runOptions, inputNames, [input], outputNames);
        var output = outputs[0];
        var shape = output.GetTensorTypeAndShape().Shape;
        return new("model", "1", [new(outputNames[0], shape, "FP32", output.GetTensorDataAsSpan<float>().ToArray())]);
    }

    public void Dispose()
    {
        session.Dispose();
        runOptions.Dispose();
    }
}
