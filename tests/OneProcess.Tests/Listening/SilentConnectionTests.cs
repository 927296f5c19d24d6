using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.OneProcess.Tests.Start;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Listening;

/// <summary>Thousands of connections that say nothing, at a process that may open few descriptors.</summary>
public sealed class SilentConnectionTests : IDisposable
{
    private const int Descriptors = 512;
    private const int Silent = 2000;
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Honest_callers_are_answered_and_the_process_lives()
    {
        await using var program = ProgramProcess.Start(
            "Silo", ["--models", models.Root, "--http-port", "0", "--admin-port", "0"], launcher: ["prlimit", $"--nofile={Descriptors}"]);
        await program.WaitUntilReadyAsync();
        using var kept = new HttpClient { BaseAddress = program.Api };
        await InferAsync(kept);
        var before = DescriptorsOf(program);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var silent = new Socket?[Silent];
        var attack = Task.Run(() => AttackAsync([program.Api.Port, program.Admin.Port], silent, over.Token), Token);
        for (var call = 0; call < 100; call++)
        {
            await InferAsync(kept);
            using var fresh = new HttpClient { BaseAddress = program.Api };
            await InferAsync(fresh);
            await Task.Delay(20, Token);
        }

        Assert.InRange(DescriptorsOf(program), 1, Descriptors - 16);
        await over.CancelAsync();
        await attack;
        Array.ForEach(silent, static socket => socket?.Dispose());

        // All is given back.
        while (DescriptorsOf(program) > before + 8)
        {
            await Task.Delay(50, Token);
        }

        using var admin = new HttpClient { BaseAddress = program.Admin };
        Assert.Contains("krewe_http_connections_refused_total{reason=\"silent\"}", await admin.GetStringAsync("/metrics", Token));
        await WaitUntilIdleAsync(program);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed_after_15_seconds()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0", "--grpc-port", "0");
        var start = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(new[] { program.Api, program.Grpc, program.Admin }.Select(static async address =>
        {
            using var silent = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await silent.ConnectAsync(IPAddress.Loopback, address.Port, Token);
            Assert.Equal(0, await silent.ReceiveAsync(new byte[1], Token));
        }));

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(60));
    }

    /// <summary>Keeps connections open, and opens those again that are closed.</summary>
    private static async Task AttackAsync(int[] ports, Socket?[] silent, CancellationToken over)
    {
        for (var next = 0; !over.IsCancellationRequested; next = (next + 1) % silent.Length)
        {
            try
            {
                silent[next]?.Dispose();
                silent[next] = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await silent[next]!.ConnectAsync(IPAddress.Loopback, ports[next % ports.Length], over);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // It is refused: the next one.
            }
        }
    }

    private static async Task InferAsync(HttpClient client)
    {
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/v2/models/linear/infer", content, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>
    /// Waits for a second in which the process uses less than half a processor. What an attack makes hot is compiled again just
    /// after it, so the first seconds may be busy.
    /// </summary>
    private static async Task WaitUntilIdleAsync(ProgramProcess program)
    {
        for (var second = 0; second < 30; second++)
        {
            var before = program.ProcessorTime;
            await Task.Delay(1000, Token);
            if (program.ProcessorTime - before < TimeSpan.FromSeconds(0.5))
            {
                return;
            }
        }

        Assert.Fail("The process is still busy 30 seconds after the attack.");
    }

    private static int DescriptorsOf(ProgramProcess program) => Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length;
}
