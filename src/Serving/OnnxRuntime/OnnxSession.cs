using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>A loaded ONNX graph. Runs are thread-safe; call <see cref="Dispose"/> only after all runs have ended.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly string[] inputNames;
    private readonly string[] allOutputNames;
    private volatile bool isTerminated;
    private RunOptions? spare;

    /// <param name="session">The native session, which is disposed with this one.</param>
    /// <param name="signature">Its inputs and outputs.</param>
    /// <param name="provider">Where it runs.</param>
    /// <param name="watch">Terminates runs that take too long.</param>
    /// <param name="runTimeout">The time that a run may take if its callers name no deadline.</param>
    public OnnxSession(
        InferenceSession session, SessionSignature signature, ExecutionProvider provider, RunWatch watch, TimeSpan runTimeout)
    {
        (this.session, Watch, RunTimeout) = (session, watch, runTimeout);
        Signature = signature;
        Provider = provider;
        inputNames = [.. signature.Inputs.Select(input => input.Name)];
        allOutputNames = [.. signature.Outputs.Select(output => output.Name)];
    }

    public SessionSignature Signature { get; }

    public ExecutionProvider Provider { get; }

    /// <summary>The time that a run may take if its callers name no deadline.</summary>
    public TimeSpan RunTimeout { get; }

    /// <summary>Terminates its runs that take too long.</summary>
    public RunWatch Watch { get; }

    /// <summary>Begins a run on this thread that a number of requests waits for.</summary>
    public NativeRun Begin(int waiting, TimeSpan limit)
    {
        var run = Watch.Begin(this, waiting, limit);
        if (isTerminated)
        {
            run.Terminate();
        }

        return run;
    }

    /// <summary>Runs the graph for the load itself; throws <see cref="TimeoutException"/> after <see cref="RunTimeout"/>.</summary>
    public RunOutput[] Run(ReadOnlySpan<TensorData> inputs)
    {
        using var run = Begin(1, RunTimeout);
        try
        {
            return Run(run, inputs, default);
        }
        catch (OnnxRuntimeException error) when (run.IsTimedOut)
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
        using var values = new RunInputs(Signature.InputReshapes.IsEmpty ? inputs : Reshape(inputs));
        var results = session.Run(run.Options, inputNames, values.Values, names);
        return ReadAll(results, names, values);
    }

    /// <summary>Aborts current and future runs with an error; for shutdown.</summary>
    public void Terminate()
    {
        isTerminated = true;
        RunWatch.Terminate(this);
    }

    public void Dispose()
    {
        spare?.Dispose();
        session.Dispose();
    }

    /// <summary>Options for one run; reused, because each is a native object.</summary>
    internal RunOptions TakeOptions() => Interlocked.Exchange(ref spare, null) ?? new RunOptions();

    /// <summary>Takes back options that were not used to terminate a run.</summary>
    internal void GiveBack(RunOptions options) => Interlocked.Exchange(ref spare, options)?.Dispose();

    private TensorData[] Reshape(ReadOnlySpan<TensorData> inputs)
    {
        var reshaped = inputs.ToArray();
        for (var i = 0; i < reshaped.Length; i++)
        {
            if (Signature.InputReshapes.TryGetValue(inputNames[i], out var reshape))
            {
                var shape = reshape.ToGraph(reshaped[i].Shape) ?? throw Unfit("input", inputNames[i], reshaped[i].Shape, reshape);
                reshaped[i] = reshaped[i] with { Shape = shape };
            }
        }

        return reshaped;
    }

    private RunOutput Reshape(RunOutput output, string name) => Signature.OutputReshapes.TryGetValue(name, out var reshape)
        ? output with { Shape = reshape.ToCallers(output.Shape) ?? throw Unfit("output", name, output.Shape, reshape) }
        : output;

    private static KreweException Unfit(string what, string name, ReadOnlySpan<long> shape, TensorReshape reshape) =>
        KreweException.Unavailable(
        $"{what} '{name}' has the shape {TensorShape.Format(shape)}, and the model's settings reshape between "
            + $"{TensorShape.Format(reshape.Callers)} "
        + $"for callers and {TensorShape.Format(reshape.Graph)} in the graph");

    private RunOutput[] ReadAll(IReadOnlyList<OrtValue> results, IReadOnlyCollection<string> names, RunInputs inputs)
    {
        var outputs = new RunOutput[results.Count];
        var done = 0;
        try
        {
            foreach (var name in names)
            {
                outputs[done] = OutputReader.Read(results[done], name, inputs);
                done++;
                outputs[done - 1] = Reshape(outputs[done - 1], name);
            }

            return outputs;
        }
        catch
        {
            for (var i = 0; i < outputs.Length; i++)
            {
                if (i < done)
                {
                    outputs[i].Owner.Dispose();
                }
                else
                {
                    results[i].Dispose();
                }
            }

            throw;
        }
    }
}
