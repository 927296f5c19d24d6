using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Servers;

namespace Krewe.Benchmarks.Throughput;

/// <summary>A round of load on one server.</summary>
/// <param name="Load">What the callers saw.</param>
/// <param name="Processor">Processor time of the server.</param>
internal sealed record Round(LoadResult Load, TimeSpan Processor)
{
    public double PerSecond => Load.PerSecond;

    public double ProcessorMicrosecondsPerRequest => Processor.TotalMicroseconds / Math.Max(1, Load.Requests);

    public static async Task<Round> RunAsync(ServerProcess server, Func<ServerProcess, Task<LoadResult>> load)
    {
        var before = server.ProcessorTime;
        var result = await load(server);
        return new Round(result, server.ProcessorTime - before);
    }
}
