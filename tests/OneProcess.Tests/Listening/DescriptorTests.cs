using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.OneProcess.Tests.Start;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Listening;

/// <summary>A process whose descriptors are used up, while connections wait at each of its HTTP ports.</summary>
public sealed class DescriptorTests : IDisposable
{
    private const int Descriptors = 400;
    private const int Waiting = 160;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);
    private static readonly byte[] Body = Encoding.ASCII.GetBytes(
        """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""");
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task It_answers_open_connections_and_is_not_busy_with_those_that_it_cannot_accept()
    {
        await using var program = ProgramProcess.Start(
            "Silo",
            ["--models", models.Root, "--http-port", "0", "--grpc-port", "0", "--admin-port", "0", "--max-connections", "10000"],
            launcher: ["prlimit", $"--nofile={Descriptors}"]);
        await program.WaitUntilReadyAsync();
        using var open = new HttpCaller(program.Api, "/v2/models/linear/infer", Body, expected: "outputs");
        Assert.Null(await open.CallAsync(Token));

        var ports = new[] { program.Api.Port, program.Grpc.Port, program.Admin.Port };
        var waiting = ports.SelectMany(static port => Enumerable.Repeat(port, Waiting)).Select(Connect).ToArray();
        for (var tries = 0; await ShareOfProcessorAsync(program, open) > 0.25; tries++)
        {
            Assert.True(tries < 10, "It is busy although it can accept nothing.");
        }

        Assert.InRange(Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length, 1, Descriptors - 24);
        Assert.Contains(program.Log, static line => line.Contains("file descriptors are short", StringComparison.Ordinal));
        Array.ForEach(waiting, static socket => socket.Dispose());
        using var fresh = new HttpCaller(program.Api, "/v2/models/linear/infer", Body, expected: "outputs");
        Assert.Null(await fresh.CallAsync(Token));
        Assert.Equal(0, await program.StopAsync());
    }

    /// <summary>What it uses of one processor, while it answers now and then.</summary>
    private static async Task<double> ShareOfProcessorAsync(ProgramProcess program, HttpCaller open)
    {
        var (before, start) = (program.ProcessorTime, TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(start) < Measured)
        {
            Assert.Null(await open.CallAsync(Token));
            await Task.Delay(100, Token);
        }

        return (program.ProcessorTime - before) / TimeProvider.System.GetElapsedTime(start);
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }
}
