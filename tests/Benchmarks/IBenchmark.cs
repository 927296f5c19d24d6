using Krewe.Benchmarks.Reporting;

namespace Krewe.Benchmarks;

/// <summary>One thing to measure, whole in itself: it starts what it needs and leaves nothing behind.</summary>
internal interface IBenchmark
{
    string Name { get; }

    string Summary { get; }

    Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken);
}
