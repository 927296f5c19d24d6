namespace Krewe.Conformance.Tests.Server;

/// <summary>
/// The real program over a folder of models, on a free port. The tests know its address, and in a few places its processes; nothing
/// else of them knows what answers there. An error in its log is an error of the test that used it.
/// </summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly HostUnderTest host;

    private ServerUnderTest(HostUnderTest host, Uri address)
    {
        this.host = host;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = address, Timeout = ProgramProcess.Timeout,
        };
    }

    /// <summary>Calls to the server; no time limit but the tests' own.</summary>
    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    /// <summary>The port for gRPC alone, of a server that was started with one.</summary>
    public Uri Grpc => host.Front.Grpc;

    /// <summary>The process that answers.</summary>
    public int ProcessId => host.Front.Id;

    /// <summary>The process that runs models; the same one, or another.</summary>
    public int RunnerProcessId => host.Runner.Id;

    /// <summary>Starts the program and waits until it listens.</summary>
    /// <param name="models">The folder of models.</param>
    /// <param name="options">More options of the command line.</param>
    /// <param name="environment">Variables to set, and with null to take away.</param>
    public static async Task<ServerUnderTest> StartAsync(
        string models, string[]? options = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var host = await HostUnderTest.StartAsync(models, options ?? [], environment);
        try
        {
            return new ServerUnderTest(host, new Uri(await host.Front.ReadLineAsync("Listening on ")));
        }
        catch
        {
            host.Kill();
            throw;
        }
    }

    /// <summary>Sends SIGTERM to what answers and waits for its end; the exit code.</summary>
    public Task<int> StopAsync() => host.Front.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await host.DisposeAsync();
    }
}
