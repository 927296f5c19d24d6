using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Krewe.OneProcess.Tests.Start;

/// <summary>The program as people start it, in a process of its own.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource ready = new();
    private readonly Task<string> errors;
    private readonly Task reading;

    private RunningProgram(Process process)
    {
        this.process = process;
        errors = ReadErrorsAsync();
        reading = ReadAsync();
    }

    /// <summary>Lines of standard output so far.</summary>
    public IEnumerable<string> Lines => lines;

    /// <summary>Where it listens, after <see cref="WaitUntilReadyAsync"/>.</summary>
    public Uri Address => new(lines.Single(line => line.StartsWith("Listening on ", StringComparison.Ordinal))["Listening on ".Length..]);

    /// <summary>Where operators reach it.</summary>
    public Uri Admin => new(lines.Single(line => line.StartsWith("Admin on ", StringComparison.Ordinal)).Split(' ')[2]);

    /// <summary>What the engine listens on.</summary>
    public IPEndPoint Engine => IPEndPoint.Parse(lines.Single(line => line.Contains("closed to others: ", StringComparison.Ordinal)).Split(": ")[1]);

    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "Krewe.Silo.dll");

    /// <summary>The process.</summary>
    public int Id => process.Id;

    public static RunningProgram Start(params string[] arguments) => Run("dotnet", [Assembly, .. arguments]);

    /// <summary>The same without root's power to read and write what its mode forbids.</summary>
    public static RunningProgram StartAsAnybody(params string[] arguments) => Environment.IsPrivilegedProcess
        ? Run("setpriv", ["--bounding-set=-dac_override,-dac_read_search", "dotnet", Assembly, .. arguments])
        : Start(arguments);

    /// <summary>The same with mounts of its own, which these commands of a shell make first.</summary>
    public static RunningProgram StartWithMounts(string commands, params string[] arguments) =>
        Run("unshare", ["--map-root-user", "--mount", "bash", "-c", commands + " && exec dotnet \"$@\"", "bash", Assembly, .. arguments]);

    private static RunningProgram Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        start.Environment["KREWE_ADMIN_PORT"] = "0";
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Runs it to its end: exit code, standard output, standard error.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var program = Start(arguments);
        var (exitCode, error) = await program.WaitForExitAsync();
        return (exitCode, string.Join('\n', program.Lines), error);
    }

    /// <summary>Waits for the last line of what it prints once it serves.</summary>
    public async Task WaitUntilReadyAsync()
    {
        await Task.WhenAny(ready.Task, reading).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(ready.Task.IsCompleted, process.HasExited ? await errors : "not ready");
    }

    public void Signal(int signal) => Assert.Equal(0, Kill(process.Id, signal));

    public async Task<(int ExitCode, string Error)> WaitForExitAsync()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
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

    private async Task<string> ReadErrorsAsync()
    {
        var text = new StringBuilder();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            text.Append(line).Append('\n');
            if (line.Contains("\"Ctrl-C stops.\"", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        }

        return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
