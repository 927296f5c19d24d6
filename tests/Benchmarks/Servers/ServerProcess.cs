using System.Diagnostics;
using System.Globalization;
using Krewe.Benchmarks.Models;

namespace Krewe.Benchmarks.Servers;

/// <summary>A server in a process of its own on a free port of the loopback.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const string Announcement = "Listening on ";
    private const int LinesKept = 20;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2), StopPatience = TimeSpan.FromSeconds(15);
    private readonly Process process;
    private readonly Queue<string> lastLines = new();

    private ServerProcess(Process process) => this.process = process;

    public int Port { get; private set; }

    /// <summary>From the start of the process until it said that it listens.</summary>
    public TimeSpan StartTime { get; private set; }

    public bool IsRunning => !process.HasExited;

    /// <summary>Bytes of the process that lie in memory.</summary>
    public long ResidentBytes
    {
        get
        {
            var fields = File.ReadAllText($"/proc/{process.Id}/statm").Split(' ');
            return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
    }

    /// <summary>Processor time used so far, of all threads, in user and kernel mode; steps of 10 ms.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public static Task<ServerProcess> StartKreweAsync(ModelFolder models, CancellationToken cancellationToken, params string[] options) =>
        StartKreweAsync(models.Path, cancellationToken, options);

    public static Task<ServerProcess> StartKreweAsync(string models, CancellationToken cancellationToken, params string[] options) =>
        StartAsync(Programs.Krewe, ["--models", models, "--http-port", "0", "--admin-port", "0", .. options], cancellationToken);

    /// <summary>An earlier build with the same models. What it decides it keeps elsewhere.</summary>
    public static Task<ServerProcess> StartEarlierAsync(string build, ModelFolder models, CancellationToken cancellationToken) => StartAsync(
        Programs.Earlier(build), ["--models", models.Path, "--http-port", "0", "--state", Path.Combine(models.Path, ".earlier")], cancellationToken);

    public static Task<ServerProcess> StartPeerAsync(string model, int intraOpThreads, CancellationToken cancellationToken) =>
        StartAsync(Programs.Peer, [model, intraOpThreads.ToString(CultureInfo.InvariantCulture)], cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Native.AskToStop(process.Id);
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        process.Dispose();
    }

    /// <summary>What the program said last.</summary>
    public string LastLines()
    {
        lock (lastLines)
        {
            return string.Join('\n', lastLines);
        }
    }

    private static async Task<ServerProcess> StartAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
        process.StartInfo.Environment["ORT_DISABLE_TELEMETRY"] = "1";
        var server = new ServerProcess(process);
        var announced = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => server.Hear(line.Data, announced);
        process.ErrorDataReceived += (_, line) => server.Hear(line.Data, announced: null);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            server.Port = await announced.Task.WaitAsync(StartPatience, cancellationToken);
            server.StartTime = Stopwatch.GetElapsedTime(start);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private void Hear(string? line, TaskCompletionSource<int>? announced)
    {
        if (line is null)
        {
            announced?.TrySetException(new InvalidOperationException($"the server ended before it listened:\n{LastLines()}"));
            return;
        }

        if (announced is not null && line.StartsWith(Announcement, StringComparison.Ordinal))
        {
            announced.TrySetResult(new Uri(line[Announcement.Length..]).Port);
        }

        lock (lastLines)
        {
            lastLines.Enqueue(line);
            if (lastLines.Count > LinesKept)
            {
                lastLines.Dequeue();
            }
        }
    }
}
