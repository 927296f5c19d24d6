using System.Diagnostics;
using System.Net;
using Krewe.Abstractions.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Serving;
using Krewe.Serving.Crashes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Benchmarks.Flight;

/// <summary>What it costs a run to be written down before it begins, so that the end of its process can be explained.</summary>
internal sealed class FlightBenchmark : IBenchmark
{
    private const int Rounds = 12, Repeats = 1_000_000;
    private const double MostNanoseconds = 500;

    public string Name => "flight";

    public string Summary => "a run written into the flight record, and taken out again";

    public Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        using var recorder = new FlightRecorder(
            new ServingOptions { ProcessFolder = folder.Path }, NullLogger<FlightRecorder>.Instance);
        var caller = IPAddress.Parse("10.0.0.7");
        var inputs = new UInt128[8];
        (string Name, bool CanHarm, string? Id, IPAddress? Caller, int Inputs)[] cases =
        [
            ("plain, a caller without an id", false, null, caller, 0),
            ("plain, an id of 36 characters", false, Guid.NewGuid().ToString(), caller, 0),
            ("harmful, 1 input", true, null, caller, 1),
            ("harmful, 8 inputs", true, null, caller, inputs.Length),
        ];
        var table = new Table("run", "ns");
        foreach (var (name, canHarm, id, from, count) in cases)
        {
            var flight = new FlightLog(recorder, new ModelId(ModelName.Parse("linear"), new ModelVersion(1)), canHarm);
            var best = double.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < Repeats; i++)
                {
                    flight.Begin(1, id, from, inputs.AsSpan(0, count));
                    flight.End();
                }

                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Repeats);
            }

            table.Add(name, $"{best:F0}");
            report.Judge($"flight record, {name}", $"{best:F0} ns", $"at most {MostNanoseconds} ns", best <= MostNanoseconds);
        }

        report.Write(table);
        return Task.CompletedTask;
    }
}
