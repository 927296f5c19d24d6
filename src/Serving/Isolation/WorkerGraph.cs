using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Isolation;

/// <summary>
/// A graph in a worker process, which takes one run at a time and one background run. A crash fails only the run that caused it; the next
/// run starts a new process, with a backoff after repeated crashes.
/// </summary>
internal sealed class WorkerGraph : IGraph
{
    /// <summary>Crashes in a row before the backoff begins.</summary>
    private const int FreeEnds = 3;

    /// <summary>How long a terminated run may go on before its process is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private readonly WorkerOrder order;
    private readonly TimeSpan openTimeout;
    private readonly Action<string, UInt128?> onEnded;
    private readonly TimeProvider time;
    private readonly Lock[] lanes = [new(), new()];
    private readonly bool[] isBusy = new bool[2];
    private readonly string[] outputNames;
    private readonly GraphOutput[] outputs;

    // Started on the thread pool: others wait for the new process, and must not wait for a low-priority thread.
    private Task<WorkerProcess>? process;
    private volatile bool isDisposed;
    private volatile bool isExclusive;
    private int ends;
    private long lastEnd;

    /// <summary>Starts the first process; throws <see cref="GraphException"/> if the file cannot be opened.</summary>
    /// <param name="order">What a process opens.</param>
    /// <param name="openTimeout">The time that opening it may take.</param>
    /// <param name="onEnded">Called when a process ends during a run, with the hash of the inputs if they were the cause.</param>
    /// <param name="time">The clock.</param>
    public WorkerGraph(WorkerOrder order, TimeSpan openTimeout, Action<string, UInt128?> onEnded, TimeProvider time)
    {
        (this.order, this.openTimeout, this.onEnded, this.time) = (order, openTimeout, onEnded, time);
        outputNames = order.Outputs;
        var first = Open(out var answer);
        process = Task.FromResult(first);
        outputs = answer.Outputs;
        Worker = new WorkerInfo(first.Id, first.MemoryBytes, answer.MemoryBytes, answer.IsConfined);
    }

    /// <inheritdoc/>
    public WorkerInfo? Worker { get; }

    /// <inheritdoc/>
    public GraphOutput OutputOf(string name) => outputs[Array.IndexOf(outputNames, name)];

    /// <inheritdoc/>
    public GraphRun BeginRun(bool isBackground) =>
        new WorkerRun(isBackground ? WorkerProcess.Background : WorkerProcess.Foreground, time);

    /// <inheritdoc/>
    public RunOutput[] Run(
        GraphRun run, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> names, MemoryReservation? expected)
    {
        var own = (WorkerRun)run;
        lock (lanes[own.Lane])
        {
            try
            {
                return RunOnce(own, inputs, names, expected);
            }
            catch (GraphEndedException) when (own is { Lane: WorkerProcess.Foreground, WasShared: true })
            {
                // The background run may have ended the process.
                isExclusive = true;
                try
                {
                    return RunOnce(own, inputs, names, expected);
                }
                finally
                {
                    isExclusive = false;
                }
            }
        }
    }

    public void Dispose()
    {
        isDisposed = true;
        if (process is { IsCompletedSuccessfully: true } opened)
        {
            opened.GetAwaiter().GetResult().Dispose();
        }
    }

    private RunOutput[] RunOnce(
        WorkerRun run, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> names, MemoryReservation? expected)
    {
        var (opened, worker) = Current();
        try
        {
            isBusy[run.Lane] = true;
            if (isExclusive && run.Lane == WorkerProcess.Background)
            {
                throw new GraphException("its worker process has just ended");
            }

            var lane = worker.Lanes[run.Lane];
            run.Enter(worker, ++lane.LastRun);
            Send(lane, inputs, names);
            if (!lane.TryReceive(out var response))
            {
                throw Ended(opened, worker, run, inputs);
            }

            expected?.Dispose();
            try
            {
                var results = Read(ref response);
                ends = 0;
                return results;
            }
            finally
            {
                Lane.Trim(response);
            }
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            worker.Kill();
            throw Ended(opened, worker, run, inputs);
        }
        finally
        {
            run.Leave();
            isBusy[run.Lane] = false;
            worker.EndUse();
        }
    }

    private WorkerProcess Open(out WorkerAnswer answer)
    {
        var worker = WorkerProcess.Start(order);
        try
        {
            using var limit = time.CreateTimer(
                static worker => ((WorkerProcess)worker!).Kill(), worker, openTimeout, Timeout.InfiniteTimeSpan);
            answer = worker.ReadAnswer() ?? throw new GraphEndedException(
                $"opening it ended its worker process: {worker.DescribeEnd(out var isTrap)}", isTrap);
            return answer.Error is { } error ? throw new GraphException(error) : worker;
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>The process, in use, and started if there is none.</summary>
    private (Task<WorkerProcess> Opened, WorkerProcess Worker) Current()
    {
        var opened = Volatile.Read(ref process);
        if (opened is null)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            ThrowIfPausing();
            var starting = new Task<WorkerProcess>(() => Open(out _));
            opened = Interlocked.CompareExchange(ref process, starting, null) ?? starting;
            if (opened == starting)
            {
                starting.Start(TaskScheduler.Default);
            }
        }

        try
        {
            var worker = opened.GetAwaiter().GetResult();
            return worker.TryUse() ? (opened, worker) : throw new GraphException("its worker process is being closed");
        }
        catch
        {
            Interlocked.CompareExchange(ref process, null, opened);
            throw;
        }
    }

    private void ThrowIfPausing()
    {
        var count = Volatile.Read(ref ends);
        var pause = count <= FreeEnds
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, count - FreeEnds - 1)));
        var left = pause - time.GetElapsedTime(Volatile.Read(ref lastEnd));
        if (left > TimeSpan.Zero)
        {
            throw KreweException.Unavailable(
                $"its worker process ended {count} times in a row; it is started again in {Math.Ceiling(left.TotalSeconds):F0} s", left);
        }
    }

    private GraphEndedException Ended(
        Task<WorkerProcess> opened, WorkerProcess worker, WorkerRun run, ReadOnlySpan<TensorData> inputs)
    {
        var how = worker.DescribeEnd(out var isTrap);
        how = run.WasKilled ? "it was killed, because its run did not end at the deadline" : how;
        run.WasShared = isBusy[1 - run.Lane];
        if (Interlocked.CompareExchange(ref process, null, opened) == opened && !isDisposed)
        {
            Volatile.Write(ref lastEnd, time.GetTimestamp());
            Interlocked.Increment(ref ends);
            onEnded(how, isTrap && !run.WasShared && !run.WasKilled ? SuspectInputs.HashOf(inputs) : null);
        }

        worker.Dispose();
        return new GraphEndedException($"the run ended its worker process: {how}", isTrap && !run.WasKilled);
    }

    private void Send(Lane lane, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> names)
    {
        var request = lane.BeginMessage();
        request.Write(lane.LastRun);
        request.Write(names.Count);
        foreach (var name in names)
        {
            request.Write(Array.IndexOf(outputNames, name));
        }

        request.Write(inputs.Length);
        foreach (var input in inputs)
        {
            request.Write(input.Type, input.Shape, input.Data.Span);
        }

        lane.Send(request);
    }

    private static RunOutput[] Read(ref LaneCursor response)
    {
        var status = (WorkerRunStatus)response.ReadNumber();
        if (status != WorkerRunStatus.Done)
        {
            var code = (KreweErrorCode)response.ReadNumber();
            var text = response.ReadText();
            throw status == WorkerRunStatus.Refused && Enum.IsDefined(code) ? new KreweException(code, text) : new GraphException(text);
        }

        var results = new RunOutput[response.ReadCount(ushort.MaxValue)];
        var done = 0;
        try
        {
            for (; done < results.Length; done++)
            {
                results[done] = Copy(response.ReadTensor());
            }

            return results;
        }
        catch
        {
            Array.ForEach(results[..done], static output => output.Owner.Dispose());
            throw;
        }
    }

    private static unsafe RunOutput Copy((Abstractions.Tensors.TensorType Type, long[] Shape, nint Data, int Length) output)
    {
        var copy = PooledBuffer.Rent(output.Length);
        new ReadOnlySpan<byte>((void*)output.Data, output.Length).CopyTo(copy.Span);
        return new RunOutput(output.Type, output.Shape, copy.Memory, new SharedBuffer(copy));
    }

    /// <summary>Terminates a run in the worker process, and kills the process if that does not help.</summary>
    private sealed class WorkerRun(int lane, TimeProvider time) : GraphRun
    {
        private readonly Lock gate = new();
        private WorkerProcess? worker;
        private long number;
        private ITimer? grace;
        private bool isTerminated;

        public int Lane => lane;

        /// <summary>True if it was killed because it went on after it was terminated.</summary>
        public bool WasKilled { get; private set; }

        /// <summary>True if another run was in the process when it ended.</summary>
        public bool WasShared { get; set; }

        public void Enter(WorkerProcess entered, long numberInLane)
        {
            lock (gate)
            {
                if (isTerminated)
                {
                    throw new GraphException("the run was terminated");
                }

                (worker, number) = (entered, numberInLane);
            }
        }

        public void Leave()
        {
            lock (gate)
            {
                worker = null;
                grace?.Dispose();
                grace = null;
            }
        }

        public override void Terminate()
        {
            lock (gate)
            {
                isTerminated = true;
                if (worker is not null && grace is null)
                {
                    worker.Terminate(lane, number);
                    grace = time.CreateTimer(static run => ((WorkerRun)run!).Kill(), this, Grace, Timeout.InfiniteTimeSpan);
                }
            }
        }

        public override void Release(bool wasTerminated)
        {
        }

        private void Kill()
        {
            lock (gate)
            {
                WasKilled = worker is not null;
                worker?.Kill();
            }
        }
    }
}
