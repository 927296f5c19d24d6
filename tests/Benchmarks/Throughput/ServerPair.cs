using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Servers;

namespace Krewe.Benchmarks.Throughput;

/// <summary>Krewe and the hand-written peer with the same model, each in a process of its own.</summary>
internal sealed class ServerPair : IAsyncDisposable
{
    private readonly ModelFolder folder;

    private ServerPair(ModelFolder folder, ServerProcess krewe, ServerProcess peer) => (this.folder, Krewe, Peer) = (folder, krewe, peer);

    public ServerProcess Krewe { get; }

    public ServerProcess Peer { get; private set; }

    public static async Task<ServerPair> StartAsync(ThroughputCase subject, CancellationToken cancellationToken)
    {
        var folder = new ModelFolder();
        ServerProcess? krewe = null;
        try
        {
            var file = folder.Add(ThroughputCase.ServedAs, subject.Model());
            krewe = await ServerProcess.StartKreweAsync(folder, cancellationToken);
            return new ServerPair(folder, krewe, await ServerProcess.StartPeerAsync(file, 1, cancellationToken));
        }
        catch
        {
            await (krewe?.DisposeAsync() ?? default);
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tries the peer with one intra-op thread and with as many as ONNX Runtime likes, and keeps the faster.
    /// Gives what was seen of both.
    /// </summary>
    public async Task<string> ChoosePeerAsync(Func<ServerProcess, Task<LoadResult>> measure, CancellationToken cancellationToken)
    {
        var single = await measure(Peer);
        var file = Path.Combine(folder.Path, ThroughputCase.ServedAs, "1", "model.onnx");
        var other = await ServerProcess.StartPeerAsync(file, 0, cancellationToken);
        var several = await measure(other);
        (Peer, other) = several.PerSecond > single.PerSecond ? (other, Peer) : (Peer, other);
        await other.DisposeAsync();
        return $"peer with 1 intra-op thread {single.PerSecond:N0}/s, with the default {several.PerSecond:N0}/s: the faster is measured";
    }

    /// <summary>The difference of the two answers to one request, as a share of the largest number.</summary>
    public double Compare(HttpRequestBytes request)
    {
        var mine = Answer.Numbers(Krewe.Port, request);
        var theirs = Answer.Numbers(Peer.Port, request);
        return mine.Length != theirs.Length
            ? double.PositiveInfinity
            : mine.Zip(theirs, static (a, b) => Math.Abs(a - b)).Max() / Math.Max(1e-30, theirs.Max(Math.Abs));
    }

    public async ValueTask DisposeAsync()
    {
        await Krewe.DisposeAsync();
        await Peer.DisposeAsync();
        folder.Dispose();
    }
}
