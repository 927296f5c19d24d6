using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Rollouts.Traffic;
using Krewe.Serving.OnnxRuntime;
using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.Isolation;

/// <summary>
/// What a worker process does: opens the one file that its first line of input names, and runs it for its lanes until its input ends. Later
/// lines name a lane, and the number of its run to terminate.
/// </summary>
internal static class WorkerProgram
{
    /// <summary>Returns when the process that started this one has ended, or wants it to.</summary>
    public static void Run()
    {
        // They reach every process of a terminal or service: this one stays until the one that it works for has ended.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
        var input = Console.In;
        var order = JsonSerializer.Deserialize(input.ReadLine() ?? "", WorkerJson.Default.WorkerOrder)!;
        ProcessLimits.Apply(order.MemoryBytes);
        var lanes = order.Lanes.Select(handles => new WorkerRuns(OpenLane(handles), order.Outputs)).ToArray();

        // Threads have the priority of the one that starts them.
        Start(lanes[WorkerProcess.Foreground].Run, "krewe-run");
        Start(() => RunInBackground(lanes[WorkerProcess.Background]), "krewe-idle");
        Start(() => Open(order, lanes), "krewe-load");
        while (input.ReadLine() is { } line)
        {
            var numbers = line.Split(' ');
            lanes[int.Parse(numbers[0], CultureInfo.InvariantCulture)].Terminate(long.Parse(numbers[1], CultureInfo.InvariantCulture));
        }
    }

    private static void Start(Action work, string name) => new Thread(() => work()) { IsBackground = true, Name = name }.Start();

    private static void RunInBackground(WorkerRuns lane)
    {
        IdlePriority.Take();
        lane.Run();
    }

    private static Lane OpenLane(string[] handles)
    {
        var memory = new FileStream(new SafeFileHandle(nint.Parse(handles[2], CultureInfo.InvariantCulture), true), FileAccess.ReadWrite);
        return new Lane(
            MemoryMappedFile.CreateFromFile(memory, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false),
            new AnonymousPipeClientStream(PipeDirection.Out, handles[1]), new AnonymousPipeClientStream(PipeDirection.In, handles[0]),
            isWorker: true);
    }

    private static void Open(WorkerOrder order, WorkerRuns[] lanes)
    {
        ProcessLimits.LowerPriority();
        WorkerAnswer answer;
        try
        {
            OnnxRuntimeEnvironment.EnsureStarted(order.Threads ?? 1);

            // The driver of another device needs more rights.
            var isConfined = order.Provider == ExecutionProvider.Cpu && Confinement.Apply();
            var before = ProcessLimits.ReadStatus("self", "RssAnon");
            var graph = LocalGraph.Open(order.Path, order.Provider, order.Threads, order.Inputs);
            Array.ForEach(lanes, lane => lane.Opened(graph));
            answer = new WorkerAnswer(
                null, [.. order.Outputs.Select(graph.OutputOf)], Math.Max(0, ProcessLimits.ReadStatus("self", "RssAnon") - before),
                isConfined);
        }
        catch (Exception error)
        {
            answer = new WorkerAnswer(error.Message, [], 0, false);
        }

        Console.Out.WriteLine(JsonSerializer.Serialize(answer, WorkerJson.Default.WorkerAnswer));
        Console.Out.Flush();
    }
}

/// <summary>The runs of one lane of a worker process.</summary>
internal sealed class WorkerRuns(Lane lane, string[] outputNames)
{
    /// <summary>Errors may quote what a caller sent.</summary>
    private const int MaxTextLength = 4096;

    private readonly Lock gate = new();
    private IGraph? graph;
    private GraphRun? current;
    private long currentNumber;
    private long terminated;

    /// <summary>The graph to run. Set before the first request arrives.</summary>
    public void Opened(IGraph opened) => Volatile.Write(ref graph, opened);

    /// <summary>Answers requests until the lane ends.</summary>
    public void Run()
    {
        while (lane.TryReceive(out var request))
        {
            var response = Answer(ref request);
            Lane.Trim(request);
            lane.Send(response);
        }
    }

    /// <summary>Terminates a run, now or when it begins. Its number is larger than those before.</summary>
    public void Terminate(long number)
    {
        lock (gate)
        {
            terminated = number;
            if (number == currentNumber)
            {
                current?.Terminate();
            }
        }
    }

    private LaneCursor Answer(ref LaneCursor request)
    {
        var run = Volatile.Read(ref graph)!.BeginRun(isBackground: false);
        lock (gate)
        {
            (current, currentNumber) = (run, request.ReadNumber());
            if (currentNumber == terminated)
            {
                run.Terminate();
            }
        }

        try
        {
            return Answer(run, ref request);
        }
        catch (Exception error)
        {
            var response = lane.BeginMessage();
            var refusal = error as KreweException;
            response.Write((long)(refusal is null ? WorkerRunStatus.Failed : WorkerRunStatus.Refused));
            response.Write((long)(refusal?.Code ?? default));
            response.Write(error.Message.Length > MaxTextLength ? error.Message[..MaxTextLength] : error.Message);
            return response;
        }
        finally
        {
            lock (gate)
            {
                current = null;
            }

            // It may have been terminated.
            run.Release(wasTerminated: true);
        }
    }

    private LaneCursor Answer(GraphRun run, ref LaneCursor request)
    {
        var names = new string[request.ReadCount(outputNames.Length)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = outputNames[request.ReadCount(outputNames.Length - 1)];
        }

        var inputs = new TensorData[request.ReadCount(int.MaxValue)];
        for (var i = 0; i < inputs.Length; i++)
        {
            var (type, shape, data, length) = request.ReadTensor();
            inputs[i] = new TensorData(type, shape, new LaneBytes(data, length).Memory);
        }

        var outputs = graph!.Run(run, inputs, names);
        try
        {
            var response = lane.BeginMessage();
            response.Write((long)WorkerRunStatus.Done);
            response.Write(outputs.Length);
            foreach (var output in outputs)
            {
                response.Write(output.Type, output.Shape, output.Data.Span);
            }

            return response;
        }
        finally
        {
            Array.ForEach(outputs, static output => output.Owner.Dispose());
        }
    }
}
