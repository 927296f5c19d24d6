using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Krewe.Processes;

namespace Krewe.Member.Tests.Cluster;

/// <summary>A member in a process of its own.</summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<SiloAddress> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MemberProcess(string name, int port, Process process)
    {
        Name = name;
        Port = port;
        this.process = process;
    }

    public string Name { get; }

    public int Port { get; }

    public SiloAddress Address { get; private set; } = null!;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public string Output => string.Join('\n', output);

    /// <summary>Starts a member and waits until it has joined.</summary>
    /// <param name="database">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="port">Its port; null for a free one.</param>
    /// <param name="clock">By how much its clock is off, in the words of libfaketime: <c>-2h</c>.</param>
    public static async Task<MemberProcess> StartAsync(string database, string name, int? port = null, string? clock = null)
    {
        var member = Begin(database, name, port ?? Ports.Next(), clock);
        try
        {
            member.Address = await member.ready.Task.WaitAsync(TimeSpan.FromMinutes(2));
            return member;
        }
        catch (Exception error)
        {
            await member.DisposeAsync();
            throw new InvalidOperationException($"{name} did not join: {error.Message}\n{member.Output}", error);
        }
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Holds it where it is; it answers nothing, and its connections stay.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Lets it leave in order; throws where it does not end.</summary>
    public async Task StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(0, process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public Task WaitForExitAsync() => process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));

    private static MemberProcess Begin(string database, string name, int port, string? clock)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "dotnet",
                [Path.Combine(AppContext.BaseDirectory, "Krewe.MemberProcess.dll"), $"--database={database}", $"--name={name}", $"--port={port}"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            EnableRaisingEvents = true,
        };
        if (clock is not null)
        {
            process.StartInfo.Environment["LD_PRELOAD"] = FakeClock.Library;
            process.StartInfo.Environment["FAKETIME"] = clock;
            process.StartInfo.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        }

        var member = new MemberProcess(name, port, process);
        process.OutputDataReceived += (_, line) => member.Take(line.Data);
        process.ErrorDataReceived += (_, line) => member.Take(line.Data);
        process.Exited += (_, _) => member.ready.TrySetException(new InvalidOperationException("it ended"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return member;
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        output.Enqueue(line);
        if (line.StartsWith("ready ", StringComparison.Ordinal))
        {
            ready.TrySetResult(SiloAddress.FromParsableString(line["ready ".Length..]));
        }
    }
}
