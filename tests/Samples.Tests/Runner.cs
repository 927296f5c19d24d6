using Krewe.Onnx.Building;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Samples.Tests;

/// <summary>A model in ONNX Runtime, on one thread.</summary>
internal sealed class Runner : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();

    private Runner(Func<SessionOptions, InferenceSession> open)
    {
        using var settings = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        session = open(settings);
    }

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => session.OutputMetadata;

    /// <summary>Opens a committed sample.</summary>
    public static Runner Sample(string name) => Open(SamplePath(name));

    public static Runner Open(string path) => new(settings => new InferenceSession(path, settings));

    public static Runner Open(byte[] model) => new(settings => new InferenceSession(model, settings));

    public static Runner Open(ModelBuilder model) => Open(model.ToBytes());

    /// <summary>The file of a committed sample.</summary>
    public static string SamplePath(string name) => Path.Combine(AppContext.BaseDirectory, "models", name, "1", "model.onnx");

    /// <summary>Runs the model on one input and gives the elements of one output.</summary>
    public TOut[] Run<TIn, TOut>(string input, TIn[] data, long[] shape, string output)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        using var value = OrtValue.CreateTensorValueFromMemory(data, shape);
        using var results = session.Run(options, [input], [value], [output]);
        return results[0].GetTensorDataAsSpan<TOut>().ToArray();
    }

    /// <summary>Runs the model and hands the results to <paramref name="read"/>.</summary>
    public T Run<T>(IReadOnlyDictionary<string, OrtValue> inputs, Func<IReadOnlyList<OrtValue>, T> read)
    {
        using var results = session.Run(options, inputs, session.OutputNames);
        return read([.. results]);
    }

    public void Dispose()
    {
        options.Dispose();
        session.Dispose();
    }
}
