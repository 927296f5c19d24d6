using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Crashes;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Statistics;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Batching;

/// <summary>Runs batches on a session and distributes the output rows to the requests.</summary>
internal sealed partial class BatchRunner(
    ModelId model, OnnxSession session, VersionStatistics statistics, Histogram<double> batchSizes, TimeProvider time,
    ILogger<BatchRunner> logger, FlightLog? flight = null, ShortRuns? shortRuns = null)
{
    private readonly KeyValuePair<string, object?>[] tags = KreweTelemetry.TagsOf(model);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private volatile bool runsAlone;

    public ModelId Model => model;

    /// <summary>Which requests may run on the thread pool; null if none.</summary>
    public ShortRuns? ShortRuns => shortRuns;

    /// <summary>True if the first dimension of every output has this size.</summary>
    public static bool HaveRows(RunOutput[] outputs, int rows)
    {
        foreach (var output in outputs)
        {
            if (output.Shape is not [var first, ..] || first != rows)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Completes every request of the batch, also on failure. All of them can share a run.</summary>
    public void Run(List<PendingInference> batch, int maxBatchSize)
    {
        if (session.Suspects is { IsEmpty: false } suspects && RefuseAny(batch, suspects) && batch.Count == 0)
        {
            return;
        }

        using var span = StartSpan(CollectionsMarshal.AsSpan(batch));
        if (batch.Count == 1 || runsAlone || !TryRunTogether(batch, maxBatchSize))
        {
            foreach (var pending in batch)
            {
                RunAlone(pending, maxBatchSize);
            }
        }
    }

    /// <summary>The same for a request on its own.</summary>
    public void Run(PendingInference pending, int maxBatchSize)
    {
        if (session.Suspects is not { IsEmpty: false } suspects || !Refuse(pending, suspects))
        {
            using var span = StartSpan([pending]);
            RunAlone(pending, maxBatchSize);
        }
    }

    private bool RefuseAny(List<PendingInference> batch, SuspectInputs suspects) =>
        batch.RemoveAll(pending => Refuse(pending, suspects)) > 0;

    /// <summary>Refuses a request whose inputs ended a process.</summary>
    private bool Refuse(PendingInference pending, SuspectInputs suspects)
    {
        var isSuspect = suspects.Contains(pending.Inputs);
        if (isSuspect)
        {
            pending.Failed(KreweException.InvalidInput(
                $"model '{model}' cannot compute this input: it ended the process that ran it, and is refused for "
                    + $"{SuspectInputs.Period.TotalMinutes:F0} min after that"));
        }

        return isSuspect;
    }

    /// <summary>One span of the first request's trace, with links to all requests.</summary>
    private Activity? StartSpan(ReadOnlySpan<PendingInference> batch)
    {
        if (!KreweTelemetry.Source.HasListeners()
            || batch.ToArray().Where(static pending => pending.Span is not null).Select(static pending => pending.Span!.Context).ToArray()
                is not [var first, ..] callers)
        {
            return null;
        }

        var span = KreweTelemetry.Source.StartActivity(
            "krewe.run", ActivityKind.Internal, first, links: callers.Select(static caller => new ActivityLink(caller)));
        span?.SetTag("krewe.model", model.Name.Value).SetTag("krewe.version", model.Version.ToString())
            .SetTag("krewe.requests", batch.Length);
        return span;
    }

    /// <summary>False if nothing was answered because the requests must run one at a time.</summary>
    private bool TryRunTogether(List<PendingInference> batch, int maxBatchSize)
    {
        var rows = 0;
        foreach (var pending in batch)
        {
            rows += pending.Rows;
        }

        var start = time.GetTimestamp();
        using var run = Begin(batch);
        if (RunJoined(run, batch, rows, out var ready) is not { } outputs)
        {
            if (run.IsTerminated)
            {
                EndTerminated(run, batch, maxBatchSize);
            }

            return run.IsTerminated;
        }

        var ran = time.GetTimestamp();
        if (!HaveRows(outputs, rows))
        {
            Release(outputs);
            runsAlone = true;
            LogRunsAlone(model);
            return false;
        }

        shortRuns?.Add(batch.Sum(static pending => pending.InputBytes), time.GetElapsedTime(start, ran));
        Scatter(batch, outputs, rows);
        Count(batch.Count, rows, start, ready, ran);
        return true;
    }

    /// <summary>Null if the run failed: one request's values may be the cause, so the others are retried individually.</summary>
    private RunOutput[]? RunJoined(NativeRun run, List<PendingInference> batch, int rows, out long ready)
    {
        ready = 0;
        try
        {
            using var inputs = new BatchInputs(batch, rows);
            Record(CollectionsMarshal.AsSpan(batch));
            ready = time.GetTimestamp();
            return run.Session.Run(run, inputs.Tensors, batch[0].OutputNames);
        }
        catch (Exception error) when (error is GraphException or KreweException or OverflowException or OutOfMemoryException)
        {
            return null;
        }
        finally
        {
            flight?.End();
        }
    }

    /// <summary>Writes down what this thread is about to run in this process.</summary>
    private void Record(ReadOnlySpan<PendingInference> requests)
    {
        if (flight is { NeedsInputs: true })
        {
            RecordInputs(flight, requests);
        }
        else
        {
            flight?.Begin(requests.Length, requests[0].RequestId, requests[0].Caller, []);
        }
    }

    private static void RecordInputs(FlightLog flight, ReadOnlySpan<PendingInference> requests)
    {
        Span<UInt128> hashes = stackalloc UInt128[Math.Min(requests.Length, FlightRecord.MaxInputs)];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = SuspectInputs.HashOf(requests[i].Inputs);
        }

        flight.Begin(requests.Length, requests[0].RequestId, requests[0].Caller, hashes);
    }

    private void RunAlone(PendingInference pending, int maxBatchSize)
    {
        using var run = session.Begin(1, pending.HasDeadline ? Timeout.InfiniteTimeSpan : session.RunTimeout,
            pending.IsBackground ? RunKind.Background : RunKind.Foreground);
        pending.RunBy(run);
        var start = time.GetTimestamp();
        try
        {
            var outputs = RunAlone(run, pending, maxBatchSize);
            var ran = Learn(pending, start);
            var response = ToResponse(pending, outputs);
            Count(1, Math.Max(1, pending.Rows), start, start, ran);
            pending.Answered(response);
        }
        catch (Exception error) when (error is GraphException or OutOfMemoryException)
        {
            Learn(pending, start);
            pending.Failed(run.IsTerminated ? Terminated(run) : RunError.FromRun(model, error));
        }
        catch (Exception error)
        {
            if (error is not KreweException)
            {
                LogRunFailed(error, model);
            }

            pending.Failed(error);
        }
    }

    /// <summary>Learns how long a run took; returns when it ended.</summary>
    private long Learn(PendingInference pending, long start)
    {
        var end = time.GetTimestamp();
        if (shortRuns is not null && !pending.IsBackground)
        {
            shortRuns.Add(pending.InputBytes, time.GetElapsedTime(start, end));
        }

        return end;
    }

    private RunOutput[] RunAlone(NativeRun run, PendingInference pending, int maxBatchSize)
    {
        Record(new ReadOnlySpan<PendingInference>(in pending));
        try
        {
            return maxBatchSize > 0 && pending.Rows > maxBatchSize
                ? SplitRun.Run(run, pending.Inputs, pending.Rows, maxBatchSize, pending.OutputNames)
                : session.Run(run, pending.Inputs, pending.OutputNames);
        }
        finally
        {
            flight?.End();
        }
    }

    /// <summary>Begins a run that ends early if no request needs it any more.</summary>
    private NativeRun Begin(List<PendingInference> batch)
    {
        // Callers with deadlines give up by themselves.
        var run = session.Begin(
            batch.Count, batch.TrueForAll(static pending => pending.HasDeadline) ? Timeout.InfiniteTimeSpan : session.RunTimeout);
        batch.ForEach(pending => pending.RunBy(run));
        return run;
    }

    /// <summary>The limit is that of requests without a deadline; the others run alone, until their callers give up.</summary>
    private void EndTerminated(NativeRun run, List<PendingInference> batch, int maxBatchSize)
    {
        foreach (var pending in batch)
        {
            if (pending.HasDeadline)
            {
                RunAlone(pending, maxBatchSize);
            }
            else
            {
                pending.Failed(Terminated(run));
            }
        }
    }

    private KreweException Terminated(NativeRun run) => run.IsTimedOut
        ? KreweException.DeadlineExceeded(
            $"a run of model '{model}' did not finish within {run.Limit.TotalSeconds:0.###} s, the limit for requests without a timeout")
        : KreweException.Unavailable($"the run of model '{model}' was terminated: its session is being closed", RetryAfter);

    private InferenceResponse ToResponse(PendingInference pending, RunOutput[] outputs)
    {
        var tensors = new Tensor[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            tensors[i] = ToTensor(OutputName(pending.OutputNames, i), outputs[i], outputs[i].Shape, outputs[i].Data, outputs[i].Owner);
        }

        return new InferenceResponse { Model = model, Id = pending.RequestId, Outputs = tensors };
    }

    /// <summary>Slices the outputs by request, without copying.</summary>
    private void Scatter(List<PendingInference> batch, RunOutput[] outputs, int rows)
    {
        var rest = new ReadOnlyMemory<byte>[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            rest[i] = outputs[i].Data;
        }

        foreach (var pending in batch)
        {
            var tensors = new Tensor[outputs.Length];
            for (var i = 0; i < outputs.Length; i++)
            {
                var output = outputs[i];
                var length = RowSlices.LengthOf(output.Type, rest[i].Span, output.Shape, pending.Rows, rows);
                var shape = RowSlices.WithRows(output.Shape, pending.Rows);
                tensors[i] = ToTensor(OutputName(pending.OutputNames, i), output, shape, rest[i][..length], output.Owner.Share());
                rest[i] = rest[i][length..];
            }

            rows -= pending.Rows;
            pending.Answered(new InferenceResponse { Model = model, Id = pending.RequestId, Outputs = tensors });
        }

        Release(outputs);
    }

    private string OutputName(ImmutableArray<string> requested, int index) =>
        requested.IsDefaultOrEmpty ? session.Signature.Outputs[index].Name : requested[index];

    private static Tensor ToTensor(string name, in RunOutput output, long[] shape, ReadOnlyMemory<byte> data, SharedBuffer owner)
    {
        TensorShape.TryCountElements(shape, out var count);
        return Tensor.CreateTrusted(name, output.Type, ImmutableCollectionsMarshal.AsImmutableArray(shape), count, data, owner);
    }

    private static void Release(RunOutput[] outputs)
    {
        foreach (var output in outputs)
        {
            output.Owner.Dispose();
        }
    }

    private void Count(int requests, int rows, long start, long ready, long ran)
    {
        statistics.AddRun(
            requests, rows, new RunTimes(time.GetElapsedTime(start, ready), time.GetElapsedTime(ready, ran), time.GetElapsedTime(ran)));
        batchSizes.Record(rows, tags);
    }

    [LoggerMessage(EventId = 130, Level = LogLevel.Warning,
        Message = "Model {Model}: the outputs do not have one row per input row; batching is disabled until the next load")]
    private partial void LogRunsAlone(ModelId model);

    [LoggerMessage(EventId = 131, Level = LogLevel.Error, Message = "Model {Model}: a run failed with an unexpected error")]
    private partial void LogRunFailed(Exception error, ModelId model);
}
