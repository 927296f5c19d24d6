using System.Diagnostics;
using System.Globalization;
using Krewe.Benchmarks.Models;

namespace Krewe.Benchmarks.Servers;

/// <summary>A server in a process of its own on a free port of the loopback.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LinesKept = 20;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);
    private readonly ProgramProcess process;

    private ServerProcess(ProgramProcess process) => this.process = process;

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
    public TimeSpan ProcessorTime => process.ProcessorTime;

    public static Task<ServerProcess> StartKreweAsync(ModelFolder models, CancellationToken cancellationToken, params string[] options) =>
        StartKreweAsync(models.Path, cancellationToken, options);

    public static Task<ServerProcess> StartKreweAsync(string models, CancellationToken cancellationToken, params string[] options) =>
        StartAsync(Programs.Krewe, ["--models", models, "--http-port", "0", "--admin-port", "0", .. options], cancellationToken);

    /// <summary>An earlier build with the same models. What it decides it keeps elsewhere.</summary>
    public static Task<ServerProcess> StartEarlierAsync(string build, ModelFolder models, CancellationToken cancellationToken) => StartAsync(
        Programs.Earlier(build), ["--models", models.Path, "--http-port", "0", "--state", Path.Combine(models.Path, ".earlier")], cancellationToken);

    public static Task<ServerProcess> StartPeerAsync(string model, int intraOpThreads, CancellationToken cancellationToken, params string[] more) =>
        StartAsync(Programs.Peer, [model, intraOpThreads.ToString(CultureInfo.InvariantCulture), .. more], cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Signal(Posix.Sigterm);
            using var timeout = new CancellationTokenSource(StopTimeout);
            try
            {
                await process.EndAsync().WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
            }
        }

        process.Kill();
        await process.DisposeAsync();
    }

    /// <summary>What the program said last.</summary>
    public string LastLines() => string.Join('\n', process.Output.Concat(process.Log).TakeLast(LinesKept));

    private static async Task<ServerProcess> StartAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var server = new ServerProcess(ProgramProcess.StartCommand(["dotnet", program, .. arguments]));
        try
        {
            server.Port = new Uri(await server.process.ReadLineAsync("Listening on ").WaitAsync(cancellationToken)).Port;
            server.StartTime = Stopwatch.GetElapsedTime(start);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
