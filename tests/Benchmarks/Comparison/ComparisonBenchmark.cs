using System.Globalization;
using Krewe.Benchmarks.Isolation;
using Krewe.Benchmarks.Latency;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;

namespace Krewe.Benchmarks.Comparison;

/// <summary>
/// One table: one process, gateway and silo, hand-written services and ONNX Runtime alone. Rounds are interleaved, so that what else the
/// machine does hurts all alike.
/// </summary>
internal sealed class ComparisonBenchmark : IBenchmark
{
    private const int Rounds = 3, OpenCallers = 16;
    private const double RoundSeconds = 1, LoopSeconds = 0.5, OpenSeconds = 1.5, QuietSeconds = 3, IsolationRate = 1000;

    /// <summary>More would be calls that the load generator is late with, beside a server on the same two cores.</summary>
    private const double MostOpenCalls = 10_000;

    private static readonly int[] CallerCounts = [1, 16, 64];

    public string Name => "table";

    public string Summary => "one table of everything that performance.md shows, in under ten minutes";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        var generator = measure.Generator();
        var models = ComparedModel.All.Where(model => model.Name.Contains(measure.Only ?? "", StringComparison.OrdinalIgnoreCase)).ToList();
        report.Note($"load over HTTP from {generator.Description}, over gRPC from one thread; medians of {Rounds} rounds");
        await using var contenders = await Contenders.StartAsync(models, generator, report, cancellationToken);
        var figures = new Figures();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var model in models)
            {
                report.Progress($"round {round + 1} of {Rounds}: {model.Name}");
                await MeasureRatesAsync(contenders, model, figures, measure, cancellationToken);
                await MeasureLoopAsync(contenders, model, figures, measure, cancellationToken);
                await MeasureOpenAsync(contenders, model, figures, measure, cancellationToken);
            }

            report.Progress($"round {round + 1} of {Rounds}: cold start and density");
            MeasureCold(contenders, round, figures);
        }

        await MeasureIsolationAsync(contenders, models[0], figures, measure, report, cancellationToken);
        report.Write(figures.ToTable());
        report.Note("gRPC calls share connections, 16 to each; the hand-written services speak JSON only; open loop: "
            + $"{OpenCallers} callers, JSON, at half of the rate of 64, at most {MostOpenCalls:N0} calls/s; batches of ONNX Runtime alone have 32 rows");
        await WriteAsync(figures, models, measure, cancellationToken);
    }

    private static async Task MeasureRatesAsync(
        Contenders contenders, ComparedModel model, Figures figures, Measure measure, CancellationToken cancellationToken)
    {
        foreach (var callers in CallerCounts)
        {
            foreach (var contender in contenders.All.Where(contender => contender.Subject == model))
            {
                var (time, isCounted) = (measure.Round(RoundSeconds), contender.Program == Figures.OneProcess && callers == CallerCounts[^1]);
                var before = isCounted ? await contenders.ReadAllocatedAsync(cancellationToken) : 0;
                var load = await contender.RunAsync(callers, time, cancellationToken);
                figures.Add(RateRow(model, contender.Protocol, callers), contender.Program, load.PerSecond);
                if (isCounted)
                {
                    figures.Add(
                        new(model.Name, $"{contender.Protocol}, allocated for each call", "bytes"), contender.Program,
                        (await contenders.ReadAllocatedAsync(cancellationToken) - before) / load.Requests);
                }
            }
        }
    }

    private static Figures.Row RateRow(ComparedModel model, string protocol, int callers) =>
        new(model.Name, $"{protocol}, {callers} caller{(callers == 1 ? "" : "s")}", "calls/s");

    private static async Task MeasureLoopAsync(
        Contenders contenders, ComparedModel model, Figures figures, Measure measure, CancellationToken cancellationToken)
    {
        await using var loop = ProgramProcess.StartCommand(
        [
            "dotnet", Programs.Peer, contenders.FileOf(model.Name), "1", "loop",
            measure.Round(LoopSeconds).TotalSeconds.ToString(CultureInfo.InvariantCulture), .. model.Shape.Select(static dimension => $"{dimension}"),
        ]);
        var output = (await loop.EndAsync().WaitAsync(cancellationToken)).Output;
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, value) = (line.Split(' ')[0], double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
            var row = name == "session-ms"
                ? new Figures.Row(model.Name, "a session opened", "ms")
                : new Figures.Row(model.Name, name.Replace('-', ' '), "rows/s");
            figures.Add(row, Figures.Raw, value);
        }
    }

    private static async Task MeasureOpenAsync(
        Contenders contenders, ComparedModel model, Figures figures, Measure measure, CancellationToken cancellationToken)
    {
        var saturation = RateRow(model, Contender.Json, CallerCounts[^1]);
        foreach (var ((program, _), port) in contenders.Ports.Where(entry => entry.Key.Model == model))
        {
            await using var callers = TimedCallers.Open(
                port, Contenders.JsonOf(program, model), OpenCallers, Math.Min(figures.Median(saturation, program)!.Value / 2, MostOpenCalls));
            await Task.Delay(measure.Round(OpenSeconds), cancellationToken);
            var times = (await callers.StopAsync()).Select(static sample => sample.Microseconds).ToArray();
            figures.Add(new(model.Name, "open loop, p50", "µs"), program, Statistics.Percentile(times, 0.5));
            figures.Add(new(model.Name, "open loop, p99", "µs"), program, Statistics.Percentile(times, 0.99));
        }
    }

    /// <summary>First calls of versions that nothing has called, one after the other, and the memory that they then hold.</summary>
    private static void MeasureCold(Contenders contenders, int round, Figures figures)
    {
        const int Count = Contenders.ColdModels / Rounds;
        using var connection = new HttpConnection(contenders.OneProcess.Port);
        var (before, times) = (contenders.OneProcess.ResidentBytes, new List<double>());
        for (var i = 0; i < Count; i++)
        {
            var request = HttpRequestBytes.Floats(Contenders.ColdName((round * Count) + i), 1, 4);
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            Answer.Require(connection.Call(request.Bytes.Span), connection, request);
            times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        figures.Add(new("tiny, cold", "first call, median", "ms"), Figures.OneProcess, Statistics.Median(times));
        figures.Add(
            new("tiny, loaded", "resident memory of each", "KiB"), Figures.OneProcess,
            Math.Max(0, contenders.OneProcess.ResidentBytes - before) / 1024.0 / Count);
    }

    /// <summary>Open loop of a tiny model while one of 500 MB is loaded and unloaded.</summary>
    private static async Task MeasureIsolationAsync(
        Contenders contenders, ComparedModel model, Figures figures, Measure measure, Report report, CancellationToken cancellationToken)
    {
        var (server, big) = (contenders.OneProcess, new BigModel(contenders.OneProcess));
        for (var round = 0; round < Rounds; round++)
        {
            report.Progress($"isolation, round {round + 1} of {Rounds}");
            await using var callers = TimedCallers.Open(
                server.Port, Contenders.JsonOf(Figures.OneProcess, model), OpenCallers / 2, IsolationRate);
            var quiet = Isolation.Span.Now();
            await Task.Delay(measure.Round(QuietSeconds), cancellationToken);
            quiet = quiet.UntilNow();
            var loads = await big.LoadAsync(1);
            var samples = await callers.StopAsync();
            Add("p99 at 1,000 calls/s", samples.Where(quiet.Touches));
            Add("the same beside a load of 500 MB", samples.Where(sample => loads.Spans.Any(span => span.Touches(sample))));
        }

        void Add(string what, IEnumerable<Sample> samples) => figures.Add(
            new(model.Name, what, "µs"), Figures.OneProcess, Statistics.Percentile(samples.Select(static sample => sample.Microseconds), 0.99));
    }

    private static async Task WriteAsync(
        Figures figures, IReadOnlyList<ComparedModel> models, Measure measure, CancellationToken cancellationToken)
    {
        if (measure.Json is { } file)
        {
            await figures.WriteAsync(file, cancellationToken);
        }

        if (measure.Figures is not { } folder)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        foreach (var callers in CallerCounts)
        {
            await DrawAsync($"throughput-{callers}.svg", $"Throughput, {callers} caller{(callers == 1 ? "" : "s")}", "calls a second", row => row.What.EndsWith($", {callers} caller{(callers == 1 ? "" : "s")}", StringComparison.Ordinal));
        }

        await DrawAsync("latency.svg", "Latency at half of saturation, JSON", "µs", static row => row.What.StartsWith("open loop", StringComparison.Ordinal));

        async Task DrawAsync(string name, string title, string unit, Func<Figures.Row, bool> isShown)
        {
            var groups = figures.Rows.Where(isShown).Select(row => (
                $"{row.Model}, {row.What.Split(", ")[row.Unit == "µs" ? 1 : 0]}",
                (IReadOnlyList<(string, double)>)[.. Figures.Programs.Select(program => (program, figures.Median(row, program))).Where(static bar => bar.Item2 is not null).Select(static bar => (bar.program, bar.Item2!.Value))])).ToList();
            if (groups.Count > 0)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, name), BarChart.Draw(title, unit, groups), cancellationToken);
            }
        }
    }
}
