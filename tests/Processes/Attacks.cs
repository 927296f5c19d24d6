using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Processes;

/// <summary>What a caller with bad intentions does to a server: each attack goes on until it is told to end.</summary>
public static class Attacks
{
    private const int Attackers = 4;
    private const int Sockets = 1000;
    private const int Held = 24;
    private const long Endless = 1L << 62;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly string[] Models = ["attack-divide", "attack-stft", "attack-loop", "attack-loads", "attack-size"];

    /// <summary>30 MiB of nothing, compressed.</summary>
    private static readonly byte[] Bomb = Compress(30 << 20);

    /// <summary>All attacks, by name; each is given the address of the server.</summary>
    public static IReadOnlyDictionary<string, Func<Uri, CancellationToken, Task>> All { get; } = new Dictionary<string, Func<Uri, CancellationToken, Task>>
    {
        ["the smallest number by -1"] = (address, over) => CallAsync(address, "attack-divide", Divide, over),
        ["a frame of length 0"] = (address, over) => CallAsync(address, "attack-stft", static _ =>
            """{"inputs":[{"name":"x","shape":[1,16,1],"datatype":"FP32","data":[1,2,3,4,5,6,7,8,1,2,3,4,5,6,7,8]},{"name":"step","shape":[],"datatype":"INT64","data":[1]},{"name":"length","shape":[],"datatype":"INT64","data":[0]}]}""", over),
        ["runs without end"] = (address, over) => CallAsync(address, "attack-loop", static _ =>
            $$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]},{"name":"turns","shape":[],"datatype":"INT64","data":[{{Endless}}]}]}""", over),
        ["a load without end"] = (address, over) => CallAsync(address, "attack-loads", static _ =>
            """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""", over),
        ["outputs of gigabytes"] = (address, over) => CallAsync(address, "attack-size", static number => Size(number % 2 == 0 ? 500_000_000 : 100_000_000), over),
        ["uploads that end who opens them"] = UploadAsync,
        ["silent connections"] = BeSilentAsync,
        ["slow uploads"] = (address, over) => HoldAsync(
            address, $"PUT /v2/repository/models/attack-slow/versions/{{0}} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", [], over),
        ["gzip bodies held open"] = (address, over) => HoldAsync(
            address, $"POST /v2/models/attack-size/infer HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: {Bomb.Length + 1000}\r\n\r\n", Bomb, over),
        ["answers that nobody reads"] = (address, over) => HoldAsync(
            address, $"POST /v2/models/attack-size/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Size(4_000_000).Length}\r\n\r\n", Encoding.ASCII.GetBytes(Size(4_000_000)), over),
    };

    /// <summary>Adds the models that are attacked.</summary>
    public static ModelsFolder AddTo(ModelsFolder models) => models
        .Add("attack-divide", new ModelBuilder("divide").Input("a", TensorType.Int64, "batch").Input("b", TensorType.Int64, "batch")
            .Node("Div", ["a", "b"], "y").Output("y", TensorType.Int64, "batch"))
        .Add("attack-stft", new ModelBuilder("stft").Input("x", TensorType.Float, 1, 16, 1).Input("step", TensorType.Int64).Input("length", TensorType.Int64)
            .Node("STFT", ["x", "step", "", "length"], "y").Output("y", TensorType.Float, 1, "frames", "bins", 2))
        .Add("attack-loop", TinyModels.SlowOnDemand(width: 4))
        .Add("attack-loads", TinyModels.Slow(Endless, width: 4))
        .Add("attack-size", new ModelBuilder("size").Input("x", TensorType.Float, 1).Input("size", TensorType.Int64, 1)
            .Node("Expand", ["x", "size"], "y").Output("y", TensorType.Float, "batch"));

    /// <summary>Takes the attacked models out of memory.</summary>
    public static async Task UnloadAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        foreach (var model in Models)
        {
            (await client.PostAsync(new Uri($"/v2/repository/models/{model}/unload", UriKind.Relative), null)).Dispose();
        }
    }

    private static string Size(int elements) =>
        $$"""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"size","shape":[1],"datatype":"INT64","data":[{{elements}}]}]}""";

    /// <summary>Another dividend each time, so that no input is known to end a process.</summary>
    private static string Divide(int number) =>
        $$"""{"inputs":[{"name":"a","shape":[2],"datatype":"INT64","data":[{{number}},{{long.MinValue}}]},{"name":"b","shape":[2],"datatype":"INT64","data":[1,-1]}]}""";

    private static byte[] Compress(int bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.SmallestSize))
        {
            gzip.Write(new byte[bytes]);
        }

        return target.ToArray();
    }

    private static Task ByAllAsync(Func<int, Task> attack) => Task.WhenAll(Enumerable.Range(0, Attackers).Select(attacker => Task.Run(() => attack(attacker))));

    /// <summary>Calls again and again, and gives up each call soon.</summary>
    private static Task CallAsync(Uri address, string model, Func<int, string> body, CancellationToken over) => ByAllAsync(async attacker =>
    {
        using var client = new HttpClient { BaseAddress = address, Timeout = Patience };
        for (var number = attacker; !over.IsCancellationRequested; number += Attackers)
        {
            using var content = new StringContent(body(number));
            await IgnoreAsync(async () => (await client.PostAsync(new Uri($"/v2/models/{model}/infer", UriKind.Relative), content, over)).Dispose());
        }
    });

    private static Task UploadAsync(Uri address, CancellationToken over) => ByAllAsync(async attacker =>
    {
        using var client = new HttpClient { BaseAddress = address };
        for (var number = 1; !over.IsCancellationRequested; number++)
        {
            using var content = new ByteArrayContent(TinyModels.Lethal().ToBytes());
            await IgnoreAsync(async () => (await client.PutAsync(
                new Uri($"/v2/repository/models/attack-upload-{attacker}/versions/{number}", UriKind.Relative), content, over)).Dispose());
        }
    });

    private static async Task BeSilentAsync(Uri address, CancellationToken over)
    {
        var silent = new Socket?[Sockets];
        for (var next = 0; !over.IsCancellationRequested; next = (next + 1) % silent.Length)
        {
            silent[next]?.Dispose();
            await IgnoreAsync(async () => silent[next] = await ConnectAsync(address, over));
        }

        Array.ForEach(silent, static socket => socket?.Dispose());
    }

    /// <summary>Sends a part of a request and holds it open, a byte each second; does not read the answer.</summary>
    private static Task HoldAsync(Uri address, string head, byte[] body, CancellationToken over) => Task.WhenAll(Enumerable.Range(1, Held).Select(number => Task.Run(async () =>
    {
        while (!over.IsCancellationRequested)
        {
            await IgnoreAsync(async () =>
            {
                using var socket = await ConnectAsync(address, over);
                await socket.SendAsync(Encoding.ASCII.GetBytes(string.Format(System.Globalization.CultureInfo.InvariantCulture, head, number)), over);
                await socket.SendAsync(body, over);
                while (true)
                {
                    await Task.Delay(1000, over);
                    await socket.SendAsync(new byte[1], over);
                }
            });
        }
    })));

    private static async Task<Socket> ConnectAsync(Uri address, CancellationToken over)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port, over);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What the server makes of an attack is not the attacker's concern.</summary>
    private static async Task IgnoreAsync(Func<Task> attack)
    {
        try
        {
            await attack();
        }
        catch (Exception error) when (error is SocketException or HttpRequestException or IOException or OperationCanceledException)
        {
            await Task.Yield();
        }
    }
}
