using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Memory;

/// <summary>A process in a container of 1 GiB, and a hundred callers that want more.</summary>
public sealed class MemoryUnderAttackTests : IDisposable
{
    private const long Container = 1L << 30;
    private const int Columns = 100_000;
    private const int ExpandedBytes = 60 << 20;

    /// <summary>For a busy machine, until each kind of caller was answered.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    private static readonly string[] Expected = ["honest 200", "bomb 429", "wide 200", "expand 429", "held 8", "zipped 8"];
    private readonly ModelsFolder models = new();
    private readonly ConcurrentDictionary<string, int> outcomes = new();
    private readonly CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        over.Dispose();
        models.Dispose();
    }

    [Fact]
    public Task Nothing_is_killed_nothing_fails_unexpectedly_and_honest_callers_are_answered() => AttackAsync(TimeSpan.FromSeconds(15));

    [Fact]
    [Trait("category", "long")]
    public Task The_same_for_two_minutes() => AttackAsync(TimeSpan.FromMinutes(2));

    private async Task AttackAsync(TimeSpan length)
    {
        models.Add("honest", TinyModels.Linear());
        models.Add("wide", TinyModels.Linear(4, Columns));
        models.Add("expand", Expansion());
        await using var group = MemoryGroup.TryCreate(Container);
        await using var program = ProgramProcess.Start(
            "Silo", [
                "--models", models.Path, "--http-port", "0", "--grpc-port", "0", "--admin-port", "0",
                .. group is null ? (string[])["--memory", "1GiB"] : [],
            ],
            launcher: group?.Launcher);

        // A hundred callers, and a heap that is full all the time, may take all of a busy machine for a while.
        program.ExpectedError = ".NET Thread Pool execution stalled";
        await program.WaitUntilReadyAsync();
        Assert.StartsWith("1 GiB in all: models 384 MiB, calls ", await program.ReadLineAsync("Memory: "));
        using var client = new HttpClient { BaseAddress = program.Api, Timeout = TimeSpan.FromMinutes(5) };
        Assert.Equal(HttpStatusCode.OK, await HonestAsync(client));
        var before = await MetricAsync(client, "process_resident_memory_bytes");

        var (bomb, zipped) = (Bomb()[..^8], Bomb());
        Task[] callers =
        [
            .. Callers(15, () => ReadSlowlyAsync(program.Api)),
            .. Callers(35, () => HoldBombAsync(program.Api, bomb)),
            .. Callers(15, () => ExpandAsync(client, 15_000_000)),
            .. Callers(5, () => ExpandAsync(client, 100_000_000)),
            .. Callers(5, () => UploadAsync(client)),
            .. Callers(10, () => SendLargeAsync(client)),
            .. Callers(3, () => SendMessageAsync("held", program.Grpc, new HeldMessage(ExpandedBytes))),
            .. Callers(2, () => SendMessageAsync("zipped", program.Grpc, Zipped(zipped))),
            .. Callers(10, async () => Note("honest", await HonestAsync(client))),
        ];
        var peak = 0L;
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) is var elapsed && (elapsed < length || (elapsed < length + Slack && !AllSeen())))
        {
            await Task.Delay(200, Token);
            Assert.False(program.HasExited, "the process has ended");
            peak = Math.Max(peak, ResidentBytes(program.Id));
        }

        await over.CancelAsync();
        await Task.WhenAll(callers);
        var seen = string.Join(", ", outcomes.OrderBy(static outcome => outcome.Key).Select(static outcome => $"{outcome.Key}: {outcome.Value}"));
        TestContext.Current.SendDiagnosticMessage($"{seen}; peak {peak >> 20} MiB, {group?.PeakBytes >> 20} MiB of the group");
        Assert.InRange(peak, 1, Container);
        Assert.DoesNotContain(outcomes.Keys, static outcome => outcome.EndsWith(" 500", StringComparison.Ordinal));
        Assert.All(outcomes.Keys.Where(static outcome => outcome.StartsWith("honest", StringComparison.Ordinal)), static outcome => Assert.Equal("honest 200", outcome));
        Assert.True(AllSeen(), seen);
        Assert.True(group is null || group.Kills == 0, $"the kernel has killed {group?.Kills} processes: {seen}");

        // All is given back.
        await UntilAsync(client, "krewe_call_memory_bytes", 0);
        // Pools, and the committed part of the heap, keep some of it.
        await UntilAsync(client, "process_resident_memory_bytes", before + (256 << 20));
        Assert.Equal(HttpStatusCode.OK, await HonestAsync(client));
    }

    private static ModelBuilder Expansion() => new ModelBuilder("expand")
        .Input("x", TensorType.Float, 1).Input("size", TensorType.Int64, 1)
        .Node("Expand", ["x", "size"], "y")
        .Output("y", TensorType.Float, "size");

    private bool AllSeen() => Array.TrueForAll(Expected, outcomes.ContainsKey);

    /// <summary>Callers that go on until the attack is over. A connection that is closed on them is no fault by itself.</summary>
    private IEnumerable<Task> Callers(int count, Func<Task> call) => Enumerable.Range(0, count).Select(_ => Task.Run(
        async () =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    await call();
                }
                catch (Exception error) when (error is IOException or SocketException or HttpRequestException or OperationCanceledException)
                {
                    Note("closed", 0);
                }

                await Task.Delay(10, Token);
            }
        },
        Token));

    private void Note(string who, HttpStatusCode status) => outcomes.AddOrUpdate($"{who} {(int)status}", 1, static (_, count) => count + 1);

    private static async Task<HttpStatusCode> HonestAsync(HttpClient client)
    {
        using var body = new StringContent("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""");
        using var answer = await client.PostAsync("/v2/models/honest/infer", body, Token);
        return answer.StatusCode;
    }

    /// <summary>60 KB that become 60 MB, and wait for the last bytes.</summary>
    private async Task HoldBombAsync(Uri api, byte[] bomb)
    {
        using var connection = await ConnectAsync(api);
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v2/models/honest/infer HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length + 8}\r\n\r\n"),
            over.Token);
        await connection.WriteAsync(bomb, over.Token);
        await NoteAnswerAsync("bomb", connection);
    }

    /// <summary>8 MB of outputs, of which 1 KB is read in a second.</summary>
    private async Task ReadSlowlyAsync(Uri api)
    {
        using var connection = await ConnectAsync(api, receiveBuffer: 4096);
        var body = $$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[20,4],"datatype":"FP32","data":[{{string.Join(',', new int[80])}}]}]}""";
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes($"POST /v2/models/wide/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n{body}"), over.Token);
        if (await NoteAnswerAsync("wide", connection) == HttpStatusCode.OK)
        {
            var piece = new byte[1024];
            while (await connection.ReadAsync(piece, over.Token) > 0)
            {
                await Task.Delay(1000, over.Token);
            }
        }
    }

    private async Task ExpandAsync(HttpClient client, int size)
    {
        using var body = new StringContent(
            $$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"size","shape":[1],"datatype":"INT64","data":[{{size}}]}]}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/expand/infer") { Content = body };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, over.Token);
        Note("expand", answer.StatusCode);
        await answer.Content.CopyToAsync(Stream.Null, over.Token);
    }

    /// <summary>A file of few bytes whose load takes 1.6 GB.</summary>
    private async Task UploadAsync(HttpClient client)
    {
        var file = new ModelBuilder("large").Input("x", TensorType.Float, 1).Initializer("shape", [400_000_000L])
            .Node("ConstantOfShape", ["shape"], "zeros").Node("Add", ["x", "zeros"], "y").Output("y", TensorType.Float, 400_000_000).ToBytes();
        using var body = new ByteArrayContent(file);
        using var answer = await client.PutAsync($"/v2/repository/models/large/versions/{Random.Shared.Next(1, 1000)}", body, over.Token);
        Note("upload", answer.StatusCode);
    }

    private async Task SendLargeAsync(HttpClient client)
    {
        using var body = new StringContent("""{"inputs":[{"name":"x","shape":[1000000,4],"datatype":"FP32","data":[0""" + string.Concat(Enumerable.Repeat(",0", 3_999_999)) + "]}]}");
        using var answer = await client.PostAsync("/v2/models/honest/infer", body, over.Token);
        Note("large", answer.StatusCode);
    }

    private static ByteArrayContent Zipped(byte[] bomb)
    {
        var frame = new byte[5 + bomb.Length];
        frame[0] = 1;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bomb.Length);
        bomb.CopyTo(frame, 5);
        var content = new ByteArrayContent(frame);
        content.Headers.Add("grpc-encoding", "gzip");
        return content;
    }

    /// <summary>A gRPC message of 60 MB: without its last bytes, or compressed.</summary>
    private async Task SendMessageAsync(string who, Uri grpc, HttpContent content)
    {
        using var client = new HttpClient { BaseAddress = grpc, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        content.Headers.ContentType = new("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference.GRPCInferenceService/ModelInfer")
        {
            Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, over.Token);
        await answer.Content.CopyToAsync(Stream.Null, over.Token);
        var status = answer.Headers.TryGetValues("grpc-status", out var values) || answer.TrailingHeaders.TryGetValues("grpc-status", out values)
            ? values.Single() : "none";
        outcomes.AddOrUpdate($"{who} {status}", 1, static (_, count) => count + 1);
    }

    private async Task<HttpStatusCode> NoteAnswerAsync(string who, NetworkStream connection)
    {
        var start = new byte[12];
        await connection.ReadExactlyAsync(start, over.Token);
        var status = (HttpStatusCode)int.Parse(Encoding.ASCII.GetString(start, 9, 3), CultureInfo.InvariantCulture);
        Note(who, status);
        return status;
    }

    private async Task<NetworkStream> ConnectAsync(Uri address, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(IPAddress.Loopback, address.Port, over.Token);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static byte[] Bomb()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(new byte[ExpandedBytes]);
        }

        return compressed.ToArray();
    }

    private static async Task<long> MetricAsync(HttpClient client, string name) => long.Parse(
        (await client.GetStringAsync("/metrics", Token)).Split('\n').First(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..],
        CultureInfo.InvariantCulture);

    private static long ResidentBytes(int process)
    {
        const string Name = "VmRSS:";
        var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[Name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 10;
    }

    private static async Task UntilAsync(HttpClient client, string metric, long most)
    {
        for (var attempt = 0; await MetricAsync(client, metric) > most; attempt++)
        {
            Assert.True(
                attempt < 120, $"{metric} is not {most} or less after two minutes:\n{(attempt < 120 ? "" : await client.GetStringAsync("/metrics", Token))}");
            await Task.Delay(1000, Token);
        }
    }

    /// <summary>A message that announces more than it sends, and holds its stream open.</summary>
    private sealed class HeldMessage(int length) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var frame = new byte[5];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
            await stream.WriteAsync(frame, cancellationToken);
            var piece = new byte[1 << 20];
            for (var left = length; left > piece.Length; left -= piece.Length)
            {
                await stream.WriteAsync(piece, cancellationToken);
            }

            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = 0;
            return false;
        }
    }
}
