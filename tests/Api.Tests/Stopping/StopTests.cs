using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Krewe.Processes;

namespace Krewe.Api.Tests.Stopping;

public sealed class StopTests
{
    private const string Call = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""";
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Every_call_is_answered_while_the_server_stops_under_load(string version)
    {
        const int Callers = 32;
        var (begun, seed) = (0L, Replay.Seed());
        host.Infer = async (request, cancellationToken) =>
        {
            var random = new Random(seed + (int)Interlocked.Increment(ref begun));
            var answer = Answer(request);
            await Task.Delay(random.Next(1, 60), cancellationToken);
            return answer;
        };
        await using var server = await ApiServer.StartAsync(host, options => options.StopGrace = TimeSpan.FromMilliseconds(300));
        using var warm = new CountdownEvent(Callers);
        var allWarm = new TaskCompletionSource();
        var answered = 0L;
        var callers = Enumerable.Range(0, Callers).Select(async _ =>
        {
            using var caller = new Caller(server.Address, Version.Parse(version));
            for (var calls = 0; await caller.TryCallAsync(); calls++)
            {
                Interlocked.Increment(ref answered);
                if (calls == 3 && warm.Signal())
                {
                    allWarm.SetResult();
                }
            }
        }).ToList();
        await allWarm.Task.WaitAsync(Token);
        await server.StopAsync();
        await Task.WhenAll(callers);
        Assert.Equal(begun, answered);
        Assert.True(answered > 4 * Callers, $"only {answered} calls were answered");
        Assert.Empty(server.Log.Warnings);
    }

    [Fact]
    public async Task Readiness_and_keep_alive_end_with_the_stop_and_what_was_accepted_is_answered()
    {
        var begun = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        host.Infer = async (request, _) =>
        {
            var answer = Answer(request);
            begun.SetResult();
            await release.Task;
            return answer;
        };
        await using var server = await ApiServer.StartAsync(host, options => options.StopGrace = TimeSpan.FromMinutes(4));
        var slow = server.Client.PostAsync("/v2/models/m/infer", new StringContent(Call), Token);
        await begun.Task.WaitAsync(Token);
        var stopped = server.StopAsync();

        // The slow call keeps the grace from ending early, so the door is still open.
        using var ready = await server.Client.GetAsync("/v2/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.True(ready.Headers.ConnectionClose);
        Assert.Equal("""{"ready":false,"error":"stopping"}""", await ready.Content.ReadAsStringAsync(Token));
        Assert.False(stopped.IsCompleted);

        release.SetResult();
        using var answer = await slow;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.ConnectionClose);
    }

    [Fact]
    public async Task An_idle_server_with_idle_connections_stops_without_waiting()
    {
        await using var server = await ApiServer.StartAsync(host, options =>
            (options.StopGrace, options.ShutdownTimeout) = (TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(4)));
        var idle = new List<NetworkStream>();
        for (var i = 0; i < 8; i++)
        {
            idle.Add(await server.ConnectAsync());
        }

        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), Token);
        foreach (var connection in idle)
        {
            await ApiServer.WaitForCloseAsync(connection);
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_call_that_does_not_end_is_cut_when_its_time_is_over()
    {
        var begun = new TaskCompletionSource();
        host.Infer = async (request, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Answer(request);
        };
        await using var server = await ApiServer.StartAsync(host, options =>
            (options.StopGrace, options.ShutdownTimeout) = (TimeSpan.Zero, TimeSpan.FromMilliseconds(200)));
        var endless = server.Client.PostAsync("/v2/models/m/infer", new StringContent(Call), Token);
        await begun.Task.WaitAsync(Token);
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), Token);
        await Assert.ThrowsAsync<HttpRequestException>(() => endless);
    }

    private static InferenceResponse Answer(InferenceRequest request) => new()
    {
        Model = new ModelId(request.Model.Name, new ModelVersion(1)),
        Outputs = [.. request.Inputs.Select(input => Tensor.Create(input.Name, input.Type, input.Shape, input.Data.ToArray()))],
    };

    /// <summary>A client with a connection of its own, which it keeps as long as the server lets it.</summary>
    private sealed class Caller : IDisposable
    {
        private readonly HttpClient client;
        private bool isNewConnection;

        public Caller(Uri address, Version version)
        {
            var handler = new SocketsHttpHandler { ConnectCallback = ConnectAsync };
            client = new HttpClient(handler)
            {
                BaseAddress = address,
                DefaultRequestVersion = version,
                DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
        }

        /// <summary>One call; false once the server's door is closed. Anything but that or an answer throws.</summary>
        public async Task<bool> TryCallAsync()
        {
            isNewConnection = false;
            try
            {
                using var content = new StringContent(Call);
                using var response = await client.PostAsync("/v2/models/m/infer", content, Token);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return true;
            }
            catch (Exception error) when (
                error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
                || (isNewConnection && error is HttpRequestException or SocketException))
            {
                // Refused, or still waiting to be accepted when the door closed: the system answers both for the server. HttpClient
                // lets the SocketException of a connection through that was reset before its first use.
                return false;
            }
        }

        public void Dispose() => client.Dispose();

        private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            isNewConnection = true;
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
