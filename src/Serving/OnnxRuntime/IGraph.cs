namespace Krewe.Serving.OnnxRuntime;

/// <summary>An ONNX Runtime session: in this process (<see cref="LocalGraph"/>), or in a worker process. Runs are thread-safe.</summary>
internal interface IGraph : IDisposable
{
    /// <summary>Its worker process when it was opened; null if it is in this process.</summary>
    WorkerInfo? Worker { get; }

    /// <summary>An output as ONNX Runtime infers it.</summary>
    GraphOutput OutputOf(string name);

    /// <summary>What a run needs; ended by <see cref="GraphRun.Release"/>.</summary>
    /// <param name="isBackground">True for a run that may wait, and that no other run may wait for.</param>
    GraphRun BeginRun(bool isBackground);

    /// <summary>
    /// Runs the graph on inputs in the file's order. The outputs are in the order of <paramref name="outputNames"/> and share no memory
    /// with the inputs; the caller disposes each one's owner. Throws <see cref="GraphException"/>.
    /// </summary>
    RunOutput[] Run(GraphRun run, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> outputNames);
}

/// <summary>A run, or several in a row, of a graph.</summary>
internal abstract class GraphRun
{
    /// <summary>Makes the run at hand, and later ones, fail soon. Called from any thread, not after <see cref="Release"/>.</summary>
    public abstract void Terminate();

    /// <summary>Ends it, once.</summary>
    public abstract void Release(bool wasTerminated);
}

/// <summary>A worker process.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="ProcessBytes">Its private memory, in bytes.</param>
/// <param name="SessionBytes">The session's part of it.</param>
internal readonly record struct WorkerInfo(int ProcessId, long ProcessBytes, long SessionBytes);

/// <summary>An output of a graph.</summary>
/// <param name="Kind">Its kind in ONNX Runtime's words: <c>tensor</c>, <c>sequence</c>, ...</param>
/// <param name="ElementType">A tensor's element type (<c>TensorElementType</c>).</param>
/// <param name="Dimensions">A tensor's dimensions, negative if free; empty for a scalar and for an unknown rank.</param>
internal sealed record GraphOutput(int Kind, int ElementType, int[] Dimensions);

/// <summary>ONNX Runtime could not open or run a graph. The message is its own.</summary>
internal class GraphException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The process of a graph ended while it opened or ran the graph.</summary>
/// <param name="message">How it ended.</param>
/// <param name="isByInput">True if what the process was given made it trap; false if it was killed from outside or at a limit.</param>
internal sealed class GraphEndedException(string message, bool isByInput) : GraphException(message)
{
    /// <summary>True if what the process was given made it trap.</summary>
    public bool IsByInput => isByInput;
}
