using System.Collections.Concurrent;
using System.Diagnostics;

namespace Krewe.Processes;

/// <summary>
/// One of our programs as a process. What it prints on standard output tells when and where it serves; what it logs on standard
/// error is kept, and an error among it is an error of the test.
/// </summary>
public sealed class ProgramProcess : IAsyncDisposable
{
    /// <summary>How long a program may take to start or to stop on a machine that is busy with other things.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly SemaphoreSlim heard = new(0);

    private ProgramProcess(string name, ProcessStartInfo start)
    {
        Name = name;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(log, line.Data);
        process.Exited += (_, _) => heard.Release();
    }

    /// <summary>The program's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The process.</summary>
    public int Id => process.Id;

    /// <summary>It has ended, one way or another.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>How it has ended; null while it runs.</summary>
    public int? ExitCode => process.HasExited ? process.ExitCode : null;

    /// <summary>What it has logged so far.</summary>
    public IReadOnlyCollection<string> Log => log;

    /// <summary>What it has printed so far.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>True once it was killed: then its exit code says nothing.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>What a member ends with when the others have declared it dead.</summary>
    public const int DeclaredDead = 75;

    /// <summary>It may end by itself with <see cref="DeclaredDead"/>, and that is no failure.</summary>
    public bool MayBeDeclaredDead { get; set; }

    /// <summary>Starts a program of ours, without waiting for anything.</summary>
    /// <param name="program">The project's name: <c>Silo</c>, <c>Gateway</c>.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables to set, and with null to take away.</param>
    /// <param name="machine">Where it runs; null for here.</param>
    public static ProgramProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, Machine? machine = null)
    {
        string[] command = [.. machine?.Launcher ?? [], "dotnet", Clone.Program(program), .. arguments];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Clone.Root,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        var started = new ProgramProcess(program, start);
        started.process.Start();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Waits until it prints a line that begins so; the rest of the line. Throws with its log where it ends before.</summary>
    public async Task<string> ReadLineAsync(string beginning)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (;;)
        {
            if (output.FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
            {
                return line[beginning.Length..];
            }

            if (process.HasExited)
            {
                throw new InvalidOperationException($"{Name} ended before it printed '{beginning}':\n{string.Join('\n', output.Concat(log))}");
            }

            try
            {
                await heard.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{Name} did not print '{beginning}' within {Patience}:\n{string.Join('\n', output.Concat(log))}");
            }
        }
    }

    /// <summary>Sends SIGTERM and waits for the end; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            Posix.Terminate(process.Id);
        }

        return await WaitForExitAsync();
    }

    /// <summary>Waits for the end; the exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary><c>kill -9</c>; it has ended when this returns, so that it can be started again.</summary>
    public void Kill()
    {
        IsKilled = true;
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit(Patience);
        }
    }

    /// <summary>Stops it; throws where it ended with another code than 0 or logged an error. A killed one is only waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            var code = IsKilled ? await WaitForExitAsync() : await StopAsync();
            var isGood = code == 0 || (code == DeclaredDead && MayBeDeclaredDead);
            var errors = log.Where(line => IsError(line) && !(MayBeDeclaredDead && TellsOfPauseOrDeath(line))).ToList();
            if (!IsKilled && (!isGood || errors.Count > 0))
            {
                throw new InvalidOperationException($"{Name} ended with code {code}, and logged:\n{string.Join('\n', errors.Count > 0 ? (IEnumerable<string>)errors : log)}");
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
            heard.Dispose();
        }
    }

    private static bool IsError(string line) =>
        line.Contains("Z fail: ", StringComparison.Ordinal)
        || line.Contains("Z crit: ", StringComparison.Ordinal)
        || line.StartsWith("Unhandled exception", StringComparison.Ordinal);

    // The pause that the test made, and the verdict of the others.
    private static bool TellsOfPauseOrDeath(string line) =>
        line.Contains("MembershipTableManager[100627]", StringComparison.Ordinal)
        || line.Contains("LocalSiloHealthMonitor[86528487]", StringComparison.Ordinal);

    private void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
            if (lines == output)
            {
                heard.Release();
            }
        }
    }
}
