using System.Collections.Concurrent;
using System.Diagnostics;

namespace Krewe.Processes;

/// <summary>
/// The one launcher of processes. What a program of ours prints on standard output tells when and where it serves; what it logs on
/// standard error is kept, and an error among it is an error of the test.
/// </summary>
public sealed class ProgramProcess : IAsyncDisposable
{
    /// <summary>How long a program may take to start or to stop on a machine that is busy with other things.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();
    private readonly ConcurrentQueue<string> output = new();
    private readonly SemaphoreSlim heard = new(0);
    private bool isJudged;

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

    /// <summary>Processor time used so far, of all threads, in user and kernel mode.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>What it has logged so far.</summary>
    public IReadOnlyCollection<string> Log => log;

    /// <summary>What it has printed so far.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>Where it serves the HTTP API, once it has said so.</summary>
    public Uri Api => AddressAfter("Listening on ");

    /// <summary>Where it serves gRPC alone, once it has said so.</summary>
    public Uri Grpc => AddressAfter("gRPC on ");

    /// <summary>Where operators reach it, once it has said so.</summary>
    public Uri Admin => AddressAfter("Admin on ");

    /// <summary>True once a test has killed a program.</summary>
    private static volatile bool hasKilled;

    /// <summary>True once it was killed: then its exit code says nothing.</summary>
    public bool IsKilled { get; private set; }

    /// <summary>What a member ends with when the others have declared it dead.</summary>
    public const int DeclaredDead = 75;

    /// <summary>It may end by itself with <see cref="DeclaredDead"/>, and that is no failure.</summary>
    public bool MayBeDeclaredDead { get; set; }

    /// <summary>Part of an error that the test wants logged; null for none.</summary>
    public string? ExpectedError { get; set; }

    /// <summary>Starts a program of ours, without waiting for anything.</summary>
    /// <param name="program">The project's name: <c>Silo</c>, <c>Gateway</c>.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">Variables to set, and with null to take away.</param>
    /// <param name="launcher">The command that starts it with what follows; null to start it as it is.</param>
    public static ProgramProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null,
        IReadOnlyList<string>? launcher = null)
    {
        // A connection string with a password is for the environment.
        List<string> line = [.. arguments];
        var variables = new Dictionary<string, string?>(environment ?? new Dictionary<string, string?>());
        if (line.IndexOf("--database") is >= 0 and var at && line[at + 1].Contains("Password=", StringComparison.Ordinal))
        {
            variables["KREWE_DATABASE"] = line[at + 1];
            line.RemoveRange(at, 2);
        }

        return StartCommand([.. launcher ?? [], "dotnet", Clone.Program(program), .. line], variables, name: program);
    }

    /// <summary>Starts any command, without waiting for anything. Its standard input is open until this process ends.</summary>
    public static ProgramProcess StartCommand(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string?>? environment = null, string? folder = null, string? name = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? Clone.Root,
        };
        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        foreach (var (variable, value) in environment ?? new Dictionary<string, string?>())
        {
            // With null it is taken away.
            start.Environment[variable] = value;
        }

        var started = new ProgramProcess(name ?? command[0], start);
        started.process.Start();
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Runs a command to its end, which the caller judges.</summary>
    public static async Task<ProgramEnd> RunAsync(params IReadOnlyList<string> command)
    {
        await using var running = StartCommand(command);
        return await running.EndAsync();
    }

    /// <summary>Waits until it prints or logs the last line of what it says once it serves.</summary>
    public Task WaitUntilReadyAsync() => WaitForAsync(
        () => output.Concat(log).FirstOrDefault(static line => line.Contains("Ctrl-C stops.", StringComparison.Ordinal)), "Ctrl-C stops.");

    /// <summary>Waits until it prints a line that begins so; the rest of the line. Throws with its log where it ends before.</summary>
    public async Task<string> ReadLineAsync(string beginning) =>
        (await WaitForAsync(() => output.FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)), beginning))[beginning.Length..];

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal) => Posix.Send(process.Id, signal);

    /// <summary>Sends SIGTERM and waits for the end; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited)
        {
            Signal(Posix.Sigterm);
        }

        return await WaitForExitAsync();
    }

    /// <summary>Waits for the end; the exit code.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? Timeout);
        await process.WaitForExitAsync(timeout.Token);
        return process.ExitCode;
    }

    /// <summary>Waits for the end, which the caller judges: no error in it is one of the test by itself.</summary>
    public async Task<ProgramEnd> EndAsync(TimeSpan? limit = null)
    {
        isJudged = true;
        return new ProgramEnd(await WaitForExitAsync(limit), string.Join('\n', output), string.Join('\n', log));
    }

    /// <summary><c>kill -9</c>; it has ended when this returns, so that it can be started again.</summary>
    public void Kill()
    {
        (IsKilled, hasKilled) = (true, true);
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit(Timeout);
        }
    }

    /// <summary>Stops it; throws where it ended with another code than 0 or logged an error. A killed one is only waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            var code = IsKilled || isJudged ? await WaitForExitAsync() : await StopAsync();
            var isGood = code == 0 || (code == DeclaredDead && MayBeDeclaredDead);
            var errors = log.Where(line => IsError(line) && !IsExpected(line)).ToList();
            if (!IsKilled && !isJudged && (!isGood || errors.Count > 0))
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

    // Nobody can tell such an end from one by the file that was loading.
    private static bool TellsOfKill(string line) => hasKilled && line.Contains("A process ended during the load of", StringComparison.Ordinal);

    private static bool IsError(string line) =>
        line.Contains("Z fail: ", StringComparison.Ordinal)
        || line.Contains("Z crit: ", StringComparison.Ordinal)
        || line.StartsWith("Unhandled exception", StringComparison.Ordinal);

    private bool IsExpected(string line) => TellsOfKill(line) || (MayBeDeclaredDead && TellsOfPauseOrDeath(line))
        || (ExpectedError is { } expected && line.Contains(expected, StringComparison.Ordinal));

    // The pause that the test made, and the verdict of the others.
    private static bool TellsOfPauseOrDeath(string line) =>
        line.Contains("MembershipTableManager[100627]", StringComparison.Ordinal)
        || line.Contains("LocalSiloHealthMonitor[86528487]", StringComparison.Ordinal);

    private async Task<string> WaitForAsync(Func<string?> find, string what)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        for (;;)
        {
            // Whatever it printed before it ended is there once the end was waited for.
            var hasExited = process.HasExited;
            if (hasExited)
            {
                await WaitForExitAsync();
            }

            if (find() is { } line)
            {
                return line;
            }

            if (hasExited)
            {
                throw new InvalidOperationException($"{Name} ended before it printed '{what}':\n{string.Join('\n', output.Concat(log))}");
            }

            try
            {
                await heard.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{Name} did not print '{what}' within {Timeout}:\n{string.Join('\n', output.Concat(log))}");
            }
        }
    }

    private Uri AddressAfter(string beginning) =>
        new(output.Single(line => line.StartsWith(beginning, StringComparison.Ordinal))[beginning.Length..].Split(' ', ',')[0]);

    private void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
            heard.Release();
        }
    }
}
