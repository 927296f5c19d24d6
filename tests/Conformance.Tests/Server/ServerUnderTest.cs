using System.Collections.Concurrent;
using System.Diagnostics;

namespace Krewe.Conformance.Tests;

/// <summary>
/// The real program over a folder of models, on a free port. The tests know its address, and in a few places its process; nothing
/// else of them knows what answers there. An error in its log is an error of the test that used it.
/// </summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private const string Listening = "Listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly ConcurrentQueue<string> log = new();
    private readonly TaskCompletionSource<Uri> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerUnderTest(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException(
            $"the server ended before it listened:\n{string.Join('\n', log)}"));
    }

    /// <summary>Calls to the server; no time limit but the tests' own.</summary>
    public HttpClient Client { get; private set; } = null!;

    public Uri Address => Client.BaseAddress!;

    public int ProcessId => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>What it has logged so far.</summary>
    public IReadOnlyCollection<string> Log => log;

    /// <summary>Starts the program and waits until it listens.</summary>
    /// <param name="models">The folder of models.</param>
    /// <param name="options">More options of the command line.</param>
    /// <param name="environment">Variables to set, and with null to take away.</param>
    public static async Task<ServerUnderTest> StartAsync(
        string models, string[]? options = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Clone.Root,
            ArgumentList = { Clone.Program, "--models", models, "--http-port", "0" },
        };
        foreach (var option in options ?? [])
        {
            start.ArgumentList.Add(option);
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

        var server = new ServerUnderTest(start);
        try
        {
            await server.ListenAsync();
            return server;
        }
        catch
        {
            server.Kill();
            throw;
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

    public async ValueTask DisposeAsync()
    {
        try
        {
            var code = await StopAsync();
            Client.Dispose();
            if (code != 0 || log.Any(IsError))
            {
                throw new InvalidOperationException(
                    $"the server ended with code {code}, and logged:\n{string.Join('\n', log.Where(IsError))}");
            }
        }
        finally
        {
            Kill();
        }
    }

    private static bool IsError(string line) =>
        line.Contains("Z fail: ", StringComparison.Ordinal) || line.Contains("Z crit: ", StringComparison.Ordinal)
        || line.StartsWith("Unhandled exception", StringComparison.Ordinal);

    private async Task ListenAsync()
    {
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var listening = await address.Task.WaitAsync(Patience);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = listening, Timeout = Patience,
        };
    }

    private void Hear(string? line)
    {
        if (line?.StartsWith(Listening, StringComparison.Ordinal) == true)
        {
            address.TrySetResult(new Uri(line[Listening.Length..]));
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            log.Enqueue(line);
        }
    }

    private void Kill()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }
}
