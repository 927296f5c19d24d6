using Krewe.Processes;

namespace Krewe.Member.Tests.Cluster;

/// <summary>A member in a process of its own.</summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private readonly ProgramProcess process;

    private MemberProcess(string name, int port, ProgramProcess process) => (Name, Port, this.process) = (name, port, process);

    public string Name { get; }

    public int Port { get; }

    public SiloAddress Address { get; private set; } = null!;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode!.Value;

    public string Output => string.Join('\n', process.Output.Concat(process.Log));

    /// <summary>Starts a member and waits until it has joined.</summary>
    /// <param name="database">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="port">Its port; null for a free one.</param>
    /// <param name="clock">By how much its clock is off, in the words of libfaketime: <c>-2h</c>.</param>
    public static async Task<MemberProcess> StartAsync(string database, string name, int? port = null, string? clock = null)
    {
        var chosen = port ?? Ports.Reserve();
        var variables = clock is null ? [] : new Dictionary<string, string?>
        {
            ["LD_PRELOAD"] = FakeClock.Library, ["FAKETIME"] = clock, ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        var program = Path.Combine(AppContext.BaseDirectory, "Krewe.MemberProcess.dll");
        var member = new MemberProcess(name, chosen, ProgramProcess.StartCommand(
            ["dotnet", program, $"--database={database}", $"--name={name}", $"--port={chosen}"], variables, name: name));
        try
        {
            member.Address = SiloAddress.FromParsableString(await member.process.ReadLineAsync("ready "));
            return member;
        }
        catch
        {
            await member.DisposeAsync();
            throw;
        }
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public void Kill() => process.Kill();

    /// <summary>Holds it where it is; it answers nothing, and its connections stay.</summary>
    public void Pause() => process.Signal(Posix.Sigstop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => process.Signal(Posix.Sigcont);

    /// <summary>Lets it leave in order; throws where it does not end.</summary>
    public async Task StopAsync() => Assert.Equal(0, await process.StopAsync());

    /// <summary>Waits until it has ended by itself.</summary>
    public Task WaitForExitAsync() => process.EndAsync();

    /// <summary>Ends it as it is; what it logs is for those who ask.</summary>
    public ValueTask DisposeAsync()
    {
        process.Kill();
        return process.DisposeAsync();
    }
}
