using Krewe.Benchmarks.Load;

namespace Krewe.Benchmarks;

/// <summary>How large to measure.</summary>
/// <param name="Seconds">Length of a round; null for each benchmark's own.</param>
/// <param name="Scale">What counts and durations are multiplied by.</param>
/// <param name="Only">Part of the name of the only models or tensors to measure throughput or transport with; null for all.</param>
/// <param name="Peer">Folder of an earlier build to compare with; null where none is.</param>
/// <param name="Starts">How often engine starts each of the programs that it compares.</param>
/// <param name="Json">The file that the table is written to as JSON; null for none.</param>
/// <param name="Figures">The folder that the table's figures are drawn into; null for none.</param>
/// <param name="Client">Load generator for throughput: <c>auto</c>, <c>wrk</c> or <c>sockets</c>.</param>
internal sealed record Measure(double? Seconds, double Scale, string? Only, string? Peer, int Starts, string? Json, string? Figures, string Client)
{
    /// <summary>The length of a round that is <paramref name="seconds"/> long by default.</summary>
    public TimeSpan Round(double seconds) => TimeSpan.FromSeconds(Math.Max(0.1, (Seconds ?? seconds) * Scale));

    /// <summary>Who makes the load for throughput.</summary>
    public ILoadGenerator Generator() => Client == "sockets" || (Client == "auto" && !WrkLoad.IsInstalled) ? new SocketLoad() : new WrkLoad();

    public int Count(int count, int least = 1) => Math.Max(least, (int)Math.Round(count * Scale));
}
