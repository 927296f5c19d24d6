using Krewe.Benchmarks;
using Krewe.Benchmarks.Aliases;
using Krewe.Benchmarks.Churn;
using Krewe.Benchmarks.Comparison;
using Krewe.Benchmarks.Engine;
using Krewe.Benchmarks.Flight;
using Krewe.Benchmarks.Hostile;
using Krewe.Benchmarks.Isolation;
using Krewe.Benchmarks.Overhead;
using Krewe.Benchmarks.Parsing;
using Krewe.Benchmarks.Shadow;
using Krewe.Benchmarks.Transport;
using Krewe.Benchmarks.Zipf;

return await new BenchmarkCommand(
[
    new ComparisonBenchmark(),
    new EngineBenchmark(),
    new TransportBenchmark(),
    new ZipfBenchmark(),
    new ChurnBenchmark(),
    new IsolationBenchmark(),
    new ParsingBenchmark(),
    new FlightBenchmark(),
    new ShadowBenchmark(),
    new OverheadBenchmark(),
    new AliasBenchmark(),
    new HostileBenchmark(),
]).RunAsync(args);
