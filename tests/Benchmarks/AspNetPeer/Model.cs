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

    /// <summary>Several requests of one row each, in one run.</summary>
    public InferResponse[] Infer(InferRequest[] requests)
    {
        var row = requests[0].Inputs[0].Data.Length;
        var data = new float[requests.Length * row];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i].Inputs[0].Data.CopyTo(data, i * row);
        }

        using var input = OrtValue.CreateTensorValueFromMemory(data, [requests.Length, .. requests[0].Inputs[0].Shape.Skip(1)]);
        using var outputs = session.Run(runOptions, inputNames, [input], outputNames);
        long[] shape = [1, .. outputs[0].GetTensorTypeAndShape().Shape.Skip(1)];
        var all = outputs[0].GetTensorDataAsSpan<float>();
        var answers = new InferResponse[requests.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            var length = all.Length / answers.Length;
            answers[i] = new("model", "1", [new(outputNames[0], shape, "FP32", all.Slice(i * length, length).ToArray())]);
        }

        return answers;
    }

    public void Dispose()
    {
        session.Dispose();
        runOptions.Dispose();
    }
}
