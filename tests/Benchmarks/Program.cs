using Krewe.Benchmarks;

return await new BenchmarkCommand(
[
    new ThroughputBenchmark(),
    new LatencyBenchmark(),
    new EngineBenchmark(),
    new TransportBenchmark(),
    new ZipfBenchmark(),
    new ChurnBenchmark(),
    new IsolationBenchmark(),
    new HostileBenchmark(),
]).RunAsync(args);
