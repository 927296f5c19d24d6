using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Krewe.Programs.Tests.Running;

/// <summary>A program as people start it, in a process of its own.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> errors;
    private readonly Task reading;

    private RunningProgram(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        reading = ReadAsync();
    }

    /// <summary>Lines of standard output so far.</summary>
    public IEnumerable<string> Lines => lines;

    /// <summary>Where it serves the HTTP API.</summary>
    public Uri Api => After("Listening on ");

    /// <summary>Where operators reach it.</summary>
    public Uri Admin => After("Admin on ");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts a program by its project's name.</summary>
    public static RunningProgram Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"Krewe.{program}.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Starts a silo on free ports.</summary>
    public static RunningProgram StartSilo(string database, string models, params string[] more) => Start(
        "Silo", ["--database", database, "--models", models, "--silo-port", "0", "--client-port", "0", "--admin-port", "0", .. more]);

    /// <summary>Runs it to its end: exit code, standard output, standard error.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        await using var running = Start(program, arguments);
        var (exitCode, error) = await running.WaitForExitAsync();
        return (exitCode, string.Join('\n', running.Lines), error);
    }

    /// <summary>Waits for the last line of what it prints once it serves.</summary>
    public async Task WaitUntilReadyAsync()
    {
        await Task.WhenAny(ready.Task, reading).WaitAsync(Patience, Token);
        Assert.True(ready.Task.IsCompleted, process.HasExited ? await errors : "not ready");
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(process.Id, signal));

    public async Task<(int ExitCode, string Error)> WaitForExitAsync()
    {
        await process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        await reading;
        return (process.ExitCode, await errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private Uri After(string start) =>
        new(lines.Single(line => line.StartsWith(start, StringComparison.Ordinal))[start.Length..].Split(' ')[0]);

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Enqueue(line);
            if (line == "Ctrl-C stops.")
            {
                ready.SetResult();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
