namespace Krewe.Benchmarks.Load;

/// <summary>Callers who send the same request again as soon as they have the answer, each on a connection of its own.</summary>
internal interface ILoadGenerator
{
    string Description { get; }

    Task<LoadResult> RunAsync(int port, HttpRequestBytes request, int callers, TimeSpan duration, CancellationToken cancellationToken);
}
