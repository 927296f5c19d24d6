using Krewe.Conformance.Tests.Wire;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>A model in ONNX Runtime itself, in this process, with the settings a server uses that matter for the numbers.</summary>
internal sealed class ReferenceModel : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();

    /// <summary>Throws <see cref="OnnxRuntimeException"/> where the model cannot be loaded.</summary>
    public ReferenceModel(byte[] model)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        session = new InferenceSession(model, options);
    }

    public IReadOnlyList<string> InputNames => session.InputNames;

    /// <summary>Why a server cannot serve it although it loads; null where it can.</summary>
    public string? OutsideProtocol => session.InputMetadata.Concat(session.OutputMetadata).Select(static value =>
        value.Value.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR ? "sequences, maps and optional values"
        : DatatypeTable.FromNative(value.Value.ElementDataType) is null ? $"elements of type {value.Value.ElementDataType}"
        : null).FirstOrDefault(static reason => reason is not null);

    public void Dispose()
    {
        runOptions.Dispose();
        session.Dispose();
    }

    /// <summary>Runs it; throws <see cref="OnnxRuntimeException"/> where the run fails.</summary>
    public IReadOnlyList<WireTensor> Run(IReadOnlyList<WireTensor> inputs)
    {
        var values = inputs.Select(static input => new NativeInput(input)).ToList();
        try
        {
            string[] names = [.. inputs.Select(static input => input.Name)];
            using var results = session.Run(runOptions, names, [.. values.Select(static value => value.Value)], session.OutputNames);
            return [.. results.Zip(session.OutputNames, FromNative)];
        }
        finally
        {
            values.ForEach(static value => value.Dispose());
        }
    }

    private static WireTensor FromNative(OrtValue value, string name)
    {
        var info = value.GetTensorTypeAndShape();
        var datatype = DatatypeTable.FromNative(info.ElementDataType)!;
        var elements = Enumerable.Range(0, (int)info.ElementCount).Select(i => value.GetStringElementAsSpan(i).ToArray());
        return datatype == DatatypeTable.Bytes
            ? WireTensor.Strings(name, elements, info.Shape)
            : new WireTensor(name, datatype, info.Shape, value.GetTensorMutableRawData().ToArray());
    }
}
