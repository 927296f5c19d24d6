using Krewe.Benchmarks.Load;

namespace Krewe.Benchmarks.Comparison;

/// <param name="Program">The column of the table.</param>
/// <param name="Protocol">How it is called.</param>
/// <param name="Subject">The model that is called.</param>
/// <param name="LoadAsync">Load from so many callers for so long.</param>
internal sealed record Contender(
    string Program, string Protocol, ComparedModel Subject, Func<int, TimeSpan, CancellationToken, Task<LoadResult>> LoadAsync)
{
    public const string Json = "JSON", Binary = "binary HTTP", Grpc = "gRPC";

    /// <summary>Load on it; an answer that is not OK ends the benchmark.</summary>
    public async Task<LoadResult> RunAsync(int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var load = await LoadAsync(callers, duration, cancellationToken);
        return load.Failures == 0
            ? load
            : throw new InvalidOperationException($"{Program}, {Protocol}, {Subject.Name}, {callers} callers: {load.Failures} of {load.Requests} calls failed");
    }
}
