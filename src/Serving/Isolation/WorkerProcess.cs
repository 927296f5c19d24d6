using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.IO.Pipes;
using System.Reflection;
using System.Text.Json;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Isolation;

/// <summary>A worker process: this program, started again with <see cref="StartupHook"/>. Disposing kills it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    /// <summary>Set in a worker process.</summary>
    public const string Variable = "KREWE_WORKER";

    /// <summary>The lane of runs that callers wait for.</summary>
    public const int Foreground = 0;

    /// <summary>The lane of runs that may wait.</summary>
    public const int Background = 1;

    private const int SignalBase = 128;

    // Handles for one worker must not be inherited by another.
    private static readonly Lock Starting = new();

    /// <summary>What a worker sees of this process's environment: where libraries and locales are. Secrets are not among it.</summary>
    private static readonly string[] Inherited =
        ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DOTNET_ROOT", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"];

    private readonly Process process;
    private int uses = 1;
    private int disposed;

    private WorkerProcess(Process process, Lane[] lanes) => (this.process, Lanes, Id) = (process, lanes, process.Id);

    /// <summary>The ways to its runs: <see cref="Foreground"/> and <see cref="Background"/>.</summary>
    public Lane[] Lanes { get; }

    /// <summary>Its number.</summary>
    public int Id { get; }

    /// <summary>Its private memory, in bytes; 0 if it has ended.</summary>
    public long MemoryBytes
    {
        get
        {
            try
            {
                return ProcessLimits.ReadStatus(Id.ToString(CultureInfo.InvariantCulture), "RssAnon");
            }
            catch (Exception error) when (error is IOException or InvalidOperationException)
            {
                return 0;
            }
        }
    }

    /// <summary>
    /// Starts a process that opens a file; <see cref="ReadAnswer"/> says how that went. Throws <see cref="GraphException"/> if no process
    /// can be started.
    /// </summary>
    /// <param name="order">What it opens; its lanes are filled in here.</param>
    public static WorkerProcess Start(WorkerOrder order)
    {
        lock (Starting)
        {
            using LaneEnds foreground = new(), background = new();
            try
            {
                // A process inherits what its starting thread may do, and a thread the priority of its own starter, which may be a load
                // thread here and is not on the thread pool.
                var process = Task.Run(static () => Task.Factory.StartNew(
                    StartProcess, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).GetAwaiter().GetResult();
                process.ErrorDataReceived += static (_, _) => { };
                process.BeginErrorReadLine();
                var worker = new WorkerProcess(process, [foreground.Lane, background.Lane]);
                worker.Write(JsonSerializer.Serialize(
                    order with { Lanes = [foreground.Handles, background.Handles] }, WorkerJson.Default.WorkerOrder));
                return worker;
            }
            catch (Win32Exception error)
            {
                foreground.Lane.Dispose();
                background.Lane.Dispose();
                throw new GraphException($"its worker process could not be started: {error.Message}", error);
            }
        }
    }

    /// <summary>Waits until the file is open, or could not be opened; null if the process ended before.</summary>
    public WorkerAnswer? ReadAnswer() => process.StandardOutput.ReadLine() is { } line
        ? JsonSerializer.Deserialize(line, WorkerJson.Default.WorkerAnswer)
        : null;

    /// <summary>Terminates a run in a lane, if it is not over.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="number">The run's number in it.</param>
    public void Terminate(int lane, long number) => Write(string.Create(CultureInfo.InvariantCulture, $"{lane} {number}"));

    /// <summary>Ends it at once. What waits for it sees that it has ended.</summary>
    public void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>How it ended, as part of a sentence. Waits for the end, which the caller has noticed.</summary>
    /// <param name="isTrap">True if what it ran made it end; false if it was ended from outside or at a limit.</param>
    public string DescribeEnd(out bool isTrap)
    {
        process.WaitForExit();
        isTrap = process.ExitCode is SignalBase + 4 or SignalBase + 6 or SignalBase + 7 or SignalBase + 8 or SignalBase + 11;
        return process.ExitCode switch
        {
            SignalBase + 8 => "signal 8 (SIGFPE: an integer division by zero or out of range)",
            SignalBase + 11 => "signal 11 (SIGSEGV: memory that is not its own)",
            SignalBase + 6 => "signal 6 (SIGABRT: an error that nothing handles)",
            SignalBase + 7 => "signal 7 (SIGBUS)",
            SignalBase + 4 => "signal 4 (SIGILL)",
            SignalBase + 9 => "signal 9 (SIGKILL: it was killed, at a limit or because the machine ran out of memory)",
            > SignalBase and var code => $"signal {code - SignalBase}",
            var code => $"exit code {code}",
        };
    }

    /// <summary>Keeps its lanes until <see cref="EndUse"/>; false if it was disposed.</summary>
    public bool TryUse()
    {
        for (var seen = Volatile.Read(ref uses); seen > 0; seen = Volatile.Read(ref uses))
        {
            if (Interlocked.CompareExchange(ref uses, seen + 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends what <see cref="TryUse"/> began.</summary>
    public void EndUse()
    {
        if (Interlocked.Decrement(ref uses) == 0)
        {
            process.WaitForExit();
            process.Dispose();
            Array.ForEach(Lanes, static lane => lane.Dispose());
        }
    }

    /// <summary>Kills it. Its lanes are there until nobody uses them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            Kill();
            EndUse();
        }
    }

    private static Process StartProcess()
    {
        Confinement.EnterDomain();
        return Process.Start(CreateStart())!;
    }

    private static ProcessStartInfo CreateStart()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        start.Environment.Clear();
        foreach (var name in Inherited.Where(static name => Environment.GetEnvironmentVariable(name) is not null))
        {
            start.Environment[name] = Environment.GetEnvironmentVariable(name);
        }

        start.Environment[Variable] = "1";
        start.Environment[Telemetry.Variable] = "1";
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(WorkerProcess).Assembly.Location;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return start;
    }

    private void Write(string line)
    {
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended: whoever waits for it sees that.
        }
    }

    /// <summary>A lane and the ends of it that a process is about to inherit.</summary>
    private sealed class LaneEnds : IDisposable
    {
        private readonly MemoryMappedFile memory = MemoryMappedFile.CreateNew(
            null, 2 * Lane.Half, MemoryMappedFileAccess.ReadWrite, MemoryMappedFileOptions.None, HandleInheritability.Inheritable);

        private readonly AnonymousPipeServerStream outgoing = new(PipeDirection.Out, HandleInheritability.Inheritable);
        private readonly AnonymousPipeServerStream incoming = new(PipeDirection.In, HandleInheritability.Inheritable);

        public LaneEnds() => Lane = new Lane(memory, outgoing, incoming, isWorker: false);

        public Lane Lane { get; }

        /// <summary>As the other process finds them.</summary>
        public string[] Handles =>
        [
            outgoing.GetClientHandleAsString(), incoming.GetClientHandleAsString(),
            memory.SafeMemoryMappedFileHandle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture),
        ];

        /// <summary>Closes them here. The memory stays mapped.</summary>
        public void Dispose()
        {
            // The pipes stay open: they are the lane's.
            outgoing.DisposeLocalCopyOfClientHandle();
            incoming.DisposeLocalCopyOfClientHandle();
            memory.Dispose();
        }
    }
}
