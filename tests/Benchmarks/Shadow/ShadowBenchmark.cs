using System.Diagnostics;
using System.Text;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Benchmarks.Servers;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Shadow;

/// <summary>
/// What callers notice of copies of all their calls to a version ten times slower: rounds on a model without and on the same model with
/// them take turns, and the best rounds are compared, because the machine may do something else at any moment. Callers think between
/// calls, so that they do not want all of the processors.
/// </summary>
internal sealed class ShadowBenchmark : IBenchmark
{
    private const int Iterations = 1_000, Width = 128, CallersAtOnce = 4, Rounds = 6, LeastCompared = 20;
    private const double RoundSeconds = 1;

    // The aim is 1.1. Two processors give 1.2 to 1.5: the system lets a thread wait behind another that runs for up to a tick, because it
    // does not take a processor on which only an idle thread runs for one that has nothing to do.
    private const double Limit = 3;
    private const string Plain = "plain", Shadowed = "shadowed", Plan =
        """{"strategy":"shadow","version":2,"dwell_seconds":3600,"guards":{"max_p50_ratio":null,"max_p99_ratio":null}}""";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(6);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"x","shape":[1,{{Width}}],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat("0.5", Width))}}]}]}""");

    public string Name => "shadow";

    public string Summary => "p99 of callers whose calls are all copied to a slower version, against callers without";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var folder = new ModelFolder();
        folder.Add(Plain, TinyModels.Slow(Iterations));
        folder.Add(Shadowed, TinyModels.Slow(Iterations));
        folder.Add(Shadowed, TinyModels.Slow(10 * Iterations), version: 2);
        await using var server = await ServerProcess.StartKreweAsync(folder, cancellationToken);
        var address = new Uri($"http://127.0.0.1:{server.Port}");
        using var person = new RolloutOperator(address);
        await person.SendAsync(HttpMethod.Put, $"/v2/models/{Shadowed}/aliases/prod", Json("""{"version":1}"""));
        await person.SendAsync(HttpMethod.Put, $"/v2/models/{Shadowed}/rollout", Json(Plan));
        await RoundAsync(Shadowed);
        List<double> without = [], with = [];
        for (var round = 0; round < Rounds; round++)
        {
            without.Add(await RoundAsync(Plain));
            with.Add(await RoundAsync(Shadowed));
            report.Progress($"round {round + 1}: p99 {with[^1]:F2} ms with copies, {without[^1]:F2} ms without");
        }

        var (ratio, compared) = (with.Min() / without.Min(), (await ReadCopiesAsync(person)).Compared);
        report.Judge(
            "shadow, p99 of callers", $"{ratio:F2} x without copies, {compared} compared", $"at most {Limit} x, more than {LeastCompared} compared",
            ratio <= Limit && compared > LeastCompared);

        // What was copied may still run: the next round waits for it.
        async Task<double> RoundAsync(string model)
        {
            var times = await Task.WhenAll(Enumerable.Range(0, CallersAtOnce).Select(_ => CallAsync(address, model, measure.Round(RoundSeconds), cancellationToken)));
            while (model == Shadowed && (await ReadCopiesAsync(person)).UnderWay > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }

            return Statistics.Percentile(times.SelectMany(static all => all), 0.99);
        }
    }

    private static async Task<List<double>> CallAsync(Uri address, string model, TimeSpan time, CancellationToken cancellationToken)
    {
        using var caller = new HttpCaller(address, $"/v2/models/{model}/infer", Body);
        var times = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time; await Task.Delay(Pause, cancellationToken))
        {
            var begin = Stopwatch.GetTimestamp();
            if (await caller.CallAsync(cancellationToken) is { } failure)
            {
                throw new InvalidOperationException(failure);
            }

            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return times;
    }

    /// <summary>Of the step that copies, the last: the copies that were compared, and those that may still run.</summary>
    private static async Task<(long Compared, long UnderWay)> ReadCopiesAsync(RolloutOperator person)
    {
        var step = (await person.SendAsync(HttpMethod.Get, $"/v2/models/{Shadowed}/rollout", null)).GetProperty("counts").EnumerateArray().Last();
        var (copies, comparison) = (step.GetProperty("shadow"), step.GetProperty("comparison"));
        var compared = comparison.GetProperty("compared").GetInt64();
        var over = compared + comparison.GetProperty("skipped").GetInt64() + copies.GetProperty("errors").GetInt64();
        return (compared, step.GetProperty("step").GetInt32() == 0 ? 0 : step.GetProperty("serving").GetProperty("requests").GetInt64() - over);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
