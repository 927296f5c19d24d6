using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>A loaded ONNX graph. Runs are thread-safe; call <see cref="Dispose"/> only after all runs have ended.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly IGraph graph;
    private readonly string[] allOutputNames;
    private volatile bool isTerminated;

    /// <param name="graph">The native session, which is disposed with this one.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="provider">Where it runs.</param>
    /// <param name="watch">Terminates runs that take too long.</param>
    /// <param name="runTimeout">The time that a run may take if its callers name no deadline.</param>
    public OnnxSession(
        IGraph graph, SessionSignature signature, ExecutionProvider provider, RunWatch watch, TimeSpan runTimeout)
    {
        (this.graph, Watch, RunTimeout) = (graph, watch, runTimeout);
        Signature = signature;
        Provider = provider;
        allOutputNames = [.. signature.Outputs.Select(output => output.Name)];
    }

    public SessionSignature Signature { get; }

    public ExecutionProvider Provider { get; }

    /// <summary>The time that a run may take if its callers name no deadline.</summary>
    public TimeSpan RunTimeout { get; }

    /// <summary>Terminates its runs that take too long.</summary>
    public RunWatch Watch { get; }

    /// <summary>Its worker process when it was opened; null if it is in this process.</summary>
    public WorkerInfo? Worker => graph.Worker;

    /// <summary>Inputs that ended a process lately: they must not be run. Null if there are none.</summary>
    public SuspectInputs? Suspects => FindSuspects?.Invoke();

    /// <summary>Finds <see cref="Suspects"/>; null for a session that callers never see.</summary>
    public Func<SuspectInputs?>? FindSuspects { get; init; }

    /// <summary>Begins a run on this thread that a number of requests waits for.</summary>
    public NativeRun Begin(int waiting, TimeSpan limit, RunKind kind = RunKind.Foreground)
    {
        var run = Watch.Begin(this, waiting, limit, kind);
        if (isTerminated)
        {
            run.Terminate();
        }

        return run;
    }

    /// <summary>Runs the graph for the load itself; throws <see cref="TimeoutException"/> after <see cref="RunTimeout"/>.</summary>
    public RunOutput[] Run(ReadOnlySpan<TensorData> inputs)
    {
        using var run = Begin(1, RunTimeout, RunKind.Load);
        try
        {
            return Run(run, inputs, default);
        }
        catch (GraphException error) when (run.IsTimedOut)
        {
            throw new TimeoutException($"a run on synthetic input did not finish within {RunTimeout.TotalSeconds:0.###} s", error);
        }
    }

    /// <summary>
    /// Runs the graph on validated inputs in the signature's order. The outputs are in the order of <paramref name="outputNames"/> (all, in
    /// the signature's order, if empty) and share no memory with the inputs; the caller disposes each one's owner.
    /// </summary>
    public RunOutput[] Run(NativeRun run, ReadOnlySpan<TensorData> inputs, ImmutableArray<string> outputNames)
    {
        IReadOnlyCollection<string> names = outputNames.IsDefaultOrEmpty ? allOutputNames : outputNames;
        using var expected = CallMemory.Shared.Reserve(BytesOf(names, inputs));
        var given = Signature.InputReshapes.IsEmpty ? inputs : Reshape(inputs);
        using var activations = CallMemory.Runs.Reserve(ActivationBytesOf(given));
        var outputs = graph.Run(run.Run, given, names, expected);
        if (!Signature.OutputReshapes.IsEmpty)
        {
            Reshape(outputs, names);
        }

        return outputs;
    }

    /// <summary>Aborts current and future runs with an error; for shutdown.</summary>
    public void Terminate()
    {
        isTerminated = true;
        RunWatch.Terminate(this);
    }

    public void Dispose() => graph.Dispose();

    internal GraphRun BeginGraphRun(bool isBackground) => graph.BeginRun(isBackground);

    /// <summary>
    /// What the outputs take as far as the signature tells before the run: a free first dimension is the number of rows.
    /// </summary>
    private long BytesOf(IReadOnlyCollection<string> names, ReadOnlySpan<TensorData> inputs)
    {
        var rows = Signature.HasBatchDimension && inputs is [{ Shape: [var first, ..] }, ..] ? first : 0;
        var bytes = 0.0;
        foreach (var output in Signature.Outputs)
        {
            if (names == allOutputNames || names.Contains(output.Name))
            {
                double size = output.Type.ElementSize();
                for (var i = 0; i < output.Shape.Length; i++)
                {
                    size *= output.Shape[i] >= 0 ? output.Shape[i] : i == 0 ? rows : 0;
                }

                bytes += size;
            }
        }

        return (long)Math.Min(bytes, 1L << 50);
    }

    /// <summary>What the run needs between inputs and outputs, as far as shapes tell and in 4-byte elements.</summary>
    private long ActivationBytesOf(ReadOnlySpan<TensorData> inputs)
    {
        var dimensions = Signature.Activations.Dimensions;
        Span<double> sizes = stackalloc double[dimensions.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = 1;
            foreach (var (input, axis) in dimensions[i])
            {
                sizes[i] = Math.Max(sizes[i], axis < inputs[input].Shape.Length ? inputs[input].Shape[axis] : 1);
            }
        }

        return (long)Math.Min(sizeof(float) * Signature.Activations.ElementsAtOnce(sizes), 1L << 50);
    }

    private TensorData[] Reshape(ReadOnlySpan<TensorData> inputs)
    {
        var reshaped = inputs.ToArray();
        for (var i = 0; i < reshaped.Length; i++)
        {
            if (Signature.InputReshapes.TryGetValue(Signature.Inputs[i].Name, out var reshape))
            {
                var shape = reshape.ToGraph(reshaped[i].Shape) ?? throw Unfit(
                    "input", Signature.Inputs[i].Name, reshaped[i].Shape, reshape);
                reshaped[i] = reshaped[i] with { Shape = shape };
            }
        }

        return reshaped;
    }

    /// <summary>Releases the outputs if one does not fit.</summary>
    private void Reshape(RunOutput[] outputs, IReadOnlyCollection<string> names)
    {
        var i = 0;
        foreach (var name in names)
        {
            if (Signature.OutputReshapes.TryGetValue(name, out var reshape))
            {
                if (reshape.ToCallers(outputs[i].Shape) is not { } shape)
                {
                    Array.ForEach(outputs, static output => output.Owner.Dispose());
                    throw Unfit("output", name, outputs[i].Shape, reshape);
                }

                outputs[i] = outputs[i] with { Shape = shape };
            }

            i++;
        }
    }

    private static KreweException Unfit(string what, string name, ReadOnlySpan<long> shape, TensorReshape reshape) =>
        KreweException.Unavailable(
        $"{what} '{name}' has the shape {TensorShape.Format(shape)}, and the model's settings reshape between "
            + $"{TensorShape.Format(reshape.Callers)} "
        + $"for callers and {TensorShape.Format(reshape.Graph)} in the graph");
}
