using System.Collections.Immutable;
using Krewe.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>
/// One loaded ONNX graph. <see cref="Run"/> may be called from several threads at once; <see cref="Dispose"/> only when none does.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly string[] inputNames;
    private readonly string[] allOutputNames;
    private readonly RunOptions runOptions = new();

    public OnnxSession(InferenceSession session, SessionSignature signature, ExecutionProvider provider)
    {
        this.session = session;
        Signature = signature;
        Provider = provider;
        inputNames = [.. signature.Inputs.Select(input => input.Name)];
        allOutputNames = [.. signature.Outputs.Select(output => output.Name)];
    }

    public SessionSignature Signature { get; }

    public ExecutionProvider Provider { get; }

    /// <summary>
    /// Runs the graph on inputs in the signature's order, already checked against it. The outputs come in the order of
    /// <paramref name="outputNames"/> (all, in the signature's order, where it is empty) and share no memory with the inputs; the
    /// caller disposes each one's owner.
    /// </summary>
    public RunOutput[] Run(ReadOnlySpan<TensorData> inputs, ImmutableArray<string> outputNames)
    {
        IReadOnlyCollection<string> names = outputNames.IsDefaultOrEmpty ? allOutputNames : outputNames;
        using var values = new RunInputs(inputs);
        var results = session.Run(runOptions, inputNames, values.Values, names);
        return ReadAll(results, names, values);
    }

    /// <summary>Makes runs under way end soon, with an error, and later ones at once; for a process that stops.</summary>
    public void Terminate() => runOptions.Terminate = true;

    public void Dispose()
    {
        runOptions.Dispose();
        session.Dispose();
    }

    private static RunOutput[] ReadAll(IReadOnlyList<OrtValue> results, IReadOnlyCollection<string> names, RunInputs inputs)
    {
        var outputs = new RunOutput[results.Count];
        var done = 0;
        try
        {
            foreach (var name in names)
            {
                outputs[done] = OutputReader.Read(results[done], name, inputs);
                done++;
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
