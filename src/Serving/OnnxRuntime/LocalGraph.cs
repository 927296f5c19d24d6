using Krewe.Abstractions.Hosting;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>A session in this process.</summary>
internal sealed class LocalGraph(InferenceSession session, string[] inputNames) : IGraph
{
    private Run? spare;

    /// <inheritdoc/>
    public WorkerInfo? Worker => null;

    /// <summary>Opens a file; throws <see cref="GraphException"/>.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="provider">Where it runs.</param>
    /// <param name="threads">The number of intra-op threads; null for one.</param>
    /// <param name="inputNames">The inputs that callers send, in the file's order.</param>
    public static LocalGraph Open(string path, ExecutionProvider provider, int? threads, string[] inputNames)
    {
        try
        {
            using var options = CreateOptions(threads);
            switch (provider)
            {
                case ExecutionProvider.TensorRt:
                    NvidiaProviders.AddTensorRt(options);
                    NvidiaProviders.AddCuda(options);
                    break;
                case ExecutionProvider.Cuda:
                    NvidiaProviders.AddCuda(options);
                    break;
                case ExecutionProvider.Cpu:
                    break;
            }

            return new LocalGraph(new InferenceSession(path, options), inputNames);
        }
        catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw new GraphException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public GraphOutput OutputOf(string name)
    {
        var output = session.OutputMetadata[name];
        return output.IsTensor
            ? new GraphOutput((int)OnnxValueType.ONNX_TYPE_TENSOR, (int)output.ElementDataType, output.Dimensions ?? [])
            : new GraphOutput((int)output.OnnxValueType, 0, []);
    }

    /// <inheritdoc/>
    public GraphRun BeginRun(bool isBackground) => Interlocked.Exchange(ref spare, null) ?? new Run(this);

    /// <inheritdoc/>
    RunOutput[] IGraph.Run(GraphRun run, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> outputNames)
    {
        using var values = new RunInputs(inputs);
        try
        {
            return ReadAll(session.Run(((Run)run).Options, inputNames, values.Values, outputNames), outputNames, values);
        }
        catch (OnnxRuntimeException error)
        {
            throw new GraphException(error.Message, error);
        }
    }

    public void Dispose()
    {
        spare?.Options.Dispose();
        session.Dispose();
    }

    private static SessionOptions CreateOptions(int? threads)
    {
        var options = new SessionOptions
        {
            // An arena never shrinks, and a memory pattern is kept for every shape: both grow. Sessions come and go here, so their memory
            // comes from the C library, which can return it to the system.
            EnableCpuMemArena = false,
            EnableMemoryPattern = false,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            InterOpNumThreads = 1,
        };
        if (threads is > 1)
        {
            options.DisablePerSessionThreads();
        }
        else
        {
            // One intra-op thread means the runner thread itself: the session creates none.
            options.IntraOpNumThreads = 1;
        }

        return options;
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

    /// <summary>The options of a run; reused unless they terminated one, because they are a native object.</summary>
    private sealed class Run(LocalGraph graph) : GraphRun
    {
        public RunOptions Options { get; } = new();

        public override void Terminate() => Options.Terminate = true;

        public override void Release(bool wasTerminated)
        {
            if (wasTerminated)
            {
                Options.Dispose();
            }
            else
            {
                Interlocked.Exchange(ref graph.spare, this)?.Options.Dispose();
            }
        }
    }
}
