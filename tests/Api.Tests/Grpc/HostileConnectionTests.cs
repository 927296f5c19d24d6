using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Tests.Grpc;

/// <summary>Connections that send frames as no client does cost a bounded amount, and other callers nothing.</summary>
public sealed class HostileConnectionTests
{
    private const string Path = $"/{GrpcCaller.Service}/ModelInfer";

    // Kestrel ends a connection whose streams end faster than it can: twice what may be open at once.
    private const int MostUnderWay = 2 * 256;
    private readonly FakeModelHost host = new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frequent_pings_are_answered_and_not_punished()
    {
        await using var server = await ApiServer.StartAsync(host);
        await using var connection = await RawHttp2.ConnectAsync(server);
        for (var i = 0; i < 10_000; i++)
        {
            await connection.SendAsync(RawHttp2.Frame(RawHttp2.Ping, 0, 0, BitConverter.GetBytes((long)i)));
            while (await connection.ReadAsync() is var frame && frame is not (RawHttp2.Ping, RawHttp2.Ack, _, _))
            {
                Assert.False(frame is null or { Type: RawHttp2.GoAway });
            }
        }
    }

    [Fact]
    public async Task Streams_that_are_reset_at_once_cost_a_bounded_amount()
    {
        const int Streams = 20_000, Connections = 4;
        var (underWay, most, begun) = (0, 0, 0);
        host.Infer = async (request, token) =>
        {
            if (request.Id == "other")
            {
                return new() { Model = new(request.Model.Name, new(1)), Outputs = [] };
            }

            Interlocked.Increment(ref begun);
            for (var now = Interlocked.Increment(ref underWay); now > most;)
            {
                Interlocked.Exchange(ref most, now);
            }

            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                Interlocked.Decrement(ref underWay);
            }

            return null!;
        };
        await using var server = await ApiServer.StartAsync(host);
        using var other = new GrpcCaller(server);
        var ours = ProtoTensors.Floats(1);
        ours.Id = "other";
        await other.Infer(ours);
        var ends = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => ResetAsync(server, Streams), Token)));

        // The caller beside them is served, and nothing of theirs is left.
        await other.Infer(ours);
        while (Volatile.Read(ref underWay) > 0 || !(await server.Client.GetStringAsync("/metrics", Token)).Contains("krewe_http_requests_in_flight 1\n", StringComparison.Ordinal))
        {
            await Task.Delay(20, Token);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{begun} of {Streams * Connections} calls began, at most {most} at once; {ends.Count(static end => end)} of {Connections} connections were told to calm down");
        Assert.InRange(begun, 1, Streams * Connections);
        Assert.InRange(most, 1, MostUnderWay * Connections);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Category!.StartsWith("Krewe", StringComparison.Ordinal) && record.Level >= LogLevel.Warning);
    }

    [Fact]
    public Task Broken_frames_end_their_connection_at_most() => SendBrokenAsync(1_000);

    [Fact]
    [Trait("category", "long")]
    public Task A_hundred_thousand_broken_frames_end_their_connections_at_most() => SendBrokenAsync(20_000);

    /// <summary>Opens streams and resets each at once; true if the server told the connection to calm down.</summary>
    private static async Task<bool> ResetAsync(ApiServer server, int streams)
    {
        const int EnhanceYourCalm = 11;
        await using var connection = await RawHttp2.ConnectAsync(server);
        var reading = Task.Run(async () =>
        {
            var wasTold = false;
            while (await connection.ReadAsync() is { } frame)
            {
                wasTold |= frame.Type == RawHttp2.GoAway && frame.Payload[7] == EnhanceYourCalm;
            }

            return wasTold;
        }, Token);
        var message = ProtoTensors.Floats(1, 2).ToByteArray();
        for (var (i, isOpen) = (0u, true); i < streams && isOpen; i++)
        {
            var id = (2 * i) + 1;
            isOpen = await connection.TrySendAsync([.. RawHttp2.Call(id, Path, message), .. RawHttp2.Frame(RawHttp2.Reset, 0, id, [0, 0, 0, 8])]);
        }

        connection.EndSending();
        return await reading;
    }

    /// <summary>Each connection begins with a good call, and goes on with some five frames that are broken in one way or another.</summary>
    private async Task SendBrokenAsync(int connections)
    {
        await using var server = await ApiServer.StartAsync(host);
        using var other = new GrpcCaller(server);
        var (seed, statuses, message) = (Replay.Seed(), new ConcurrentDictionary<string, int>(), ProtoTensors.Floats(1, 2).ToByteArray());
        await Parallel.ForAsync(0, connections, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, _) =>
        {
            var random = new Random(seed + i);
            await using var connection = await RawHttp2.ConnectAsync(server);
            await connection.SendAsync(RawHttp2.Call(1, Path, message));
            Assert.Equal("0", await NextStatusAsync(connection));
            for (var (n, isOpen, isWhole) = (1, true, true); n < 6 && isOpen; n++)
            {
                (var frames, var isCall) = Broken(random, (uint)((2 * n) + 1), message);
                isOpen = await connection.TrySendAsync(frames);

                // After part of a frame the server waits for the rest of it.
                isWhole &= isCall;
                if (isWhole)
                {
                    Count(await NextStatusAsync(connection));
                }
            }

            connection.EndSending();
            while (await NextStatusAsync(connection) is { } status)
            {
                Count(status);
            }
        });

        void Count(string? status)
        {
            if (status is not null)
            {
                statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
            }
        }

        var counts = string.Join(", ", statuses.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}: {pair.Value}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"statuses {counts}");
        Assert.True(statuses.ContainsKey("0") && statuses.ContainsKey("3"), counts);
        Assert.False(statuses.ContainsKey("13") || statuses.ContainsKey("2"), counts);
        Assert.Equal([1], (await other.Infer(ProtoTensors.Floats(1))).Outputs[0].Contents.Fp32Contents);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Category!.StartsWith("Krewe", StringComparison.Ordinal) && record.Level >= LogLevel.Warning);
    }

    /// <summary>Frames, and whether they are a whole call.</summary>
    private static (byte[] Frames, bool IsCall) Broken(Random random, uint id, byte[] message)
    {
        var call = RawHttp2.Call(id, Path, message);
        switch (random.Next(8))
        {
            case 0:
                return (call, true);
            case 1:
                return (RawHttp2.Call(id, Path, RandomBytes(random, random.Next(100))), true);
            case 2:
                // A frame of any type.
                return (RawHttp2.Frame((byte)random.Next(12), (byte)random.Next(256), random.Next(3) == 0 ? 0 : id, RandomBytes(random, random.Next(40))), false);
            case 3:
                // A length that lies.
                return (RawHttp2.Frame((byte)random.Next(10), 0, id, RandomBytes(random, 8), random.Next(1 << 24)), false);
            case 4:
                return ([.. call, .. RawHttp2.Frame(RawHttp2.Data, RawHttp2.EndStream, id, message)], false);
            case 5:
                return (call[..random.Next(call.Length)], false);
            case 6:
                return (RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders, id, RandomBytes(random, random.Next(60))), false);
            default:
                call[random.Next(call.Length)] ^= (byte)(1 << random.Next(8));
                return (call, false);
        }
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>The status of the next call that ends; null at the end of the connection.</summary>
    private static async Task<string?> NextStatusAsync(RawHttp2 connection)
    {
        while (await connection.ReadAsync() is { } frame)
        {
            if (frame.Type == RawHttp2.Headers && StatusOf(frame.Payload) is { } status)
            {
                return status;
            }
        }

        return null;
    }

    /// <summary>The value after the name of grpc-status, which Kestrel writes as it is.</summary>
    private static string? StatusOf(byte[] headers)
    {
        var at = headers.AsSpan().IndexOf("grpc-status"u8);
        return at < 0 ? null : Encoding.ASCII.GetString(headers, at + 12, headers[at + 11]);
    }
}
