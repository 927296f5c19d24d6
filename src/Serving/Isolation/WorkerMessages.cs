using System.Text.Json.Serialization;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Isolation;

/// <summary>What a worker process opens; a line of JSON on its standard input.</summary>
/// <param name="Path">The ONNX file.</param>
/// <param name="Provider">Where it runs.</param>
/// <param name="Threads">The intra-op threads of a run; null for one.</param>
/// <param name="Inputs">The inputs that callers send.</param>
/// <param name="Outputs">The outputs; a run asks for some by their places in this list.</param>
/// <param name="MemoryBytes">Memory that it may take beyond what an empty worker has.</param>
/// <param name="Lanes">The handles of the lanes that it inherits, each of two pipes and shared memory: for runs, and for background
/// runs.</param>
internal sealed record WorkerOrder(
    string Path, ExecutionProvider Provider, int? Threads, string[] Inputs, string[] Outputs, long MemoryBytes, string[][] Lanes);

/// <summary>The worker's answer once it has opened the file, or could not; a line of JSON on its standard output.</summary>
/// <param name="Error">ONNX Runtime's error; null if the file is open.</param>
/// <param name="Outputs">The outputs as ONNX Runtime infers them.</param>
/// <param name="MemoryBytes">The memory of the session alone, in bytes.</param>
/// <param name="IsConfined">True if <see cref="Confinement"/> holds.</param>
internal sealed record WorkerAnswer(string? Error, GraphOutput[] Outputs, long MemoryBytes, bool IsConfined);

/// <summary>How a run ended.</summary>
internal enum WorkerRunStatus
{
    /// <summary>Outputs follow.</summary>
    Done,

    /// <summary>ONNX Runtime's error follows.</summary>
    Failed,

    /// <summary>An error for the caller follows: its code, and its text.</summary>
    Refused,
}

[JsonSerializable(typeof(WorkerOrder))]
[JsonSerializable(typeof(WorkerAnswer))]
internal sealed partial class WorkerJson : JsonSerializerContext;
