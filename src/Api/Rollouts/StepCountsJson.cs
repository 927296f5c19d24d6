using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Rollouts.Counts;

namespace Krewe.Api.Rollouts;

/// <summary>
/// Writes the counts of each step as JSON. Step 0 is the warm-up; the one after the last is the time after the switch.
/// </summary>
internal static class StepCountsJson
{
    public static void Write(Utf8JsonWriter json, string name, ImmutableSortedDictionary<int, StepCounts> steps)
    {
        json.WriteStartArray(name);
        foreach (var (step, counts) in steps)
        {
            json.WriteStartObject();
            json.WriteNumber("step", RolloutJson.NumberOf(step));
            WriteArm(json, "serving", counts.Serving);
            WriteArm(json, "canary", counts.Canary);
            WriteArm(json, "shadow", counts.Shadow);
            WriteControl(json, counts.Pairs);
            WriteComparison(json, counts.Comparison);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteArm(Utf8JsonWriter json, string name, ArmCounts arm)
    {
        json.WriteStartObject(name);
        json.WriteNumber("requests", arm.Requests);
        json.WriteNumber("errors", arm.Errors);
        json.WriteReal("error_rate", arm.ErrorRate);
        json.WriteReal("p50_ms", arm.Latency.Quantile(0.5)?.TotalMilliseconds);
        json.WriteReal("p99_ms", arm.Latency.Quantile(0.99)?.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static void WriteControl(Utf8JsonWriter json, LatencyPairs pairs)
    {
        json.WriteStartObject("control");
        json.WriteNumber("pairs", pairs.Control.Total);
        json.WriteNumber("unlike", pairs.Unlike);
        json.WriteReal("serving_p50_ms", pairs.Control.Quantile(0.5)?.TotalMilliseconds);
        json.WriteReal("serving_p99_ms", pairs.Control.Quantile(0.99)?.TotalMilliseconds);
        json.WriteReal("canary_p50_ms", pairs.Canary.Quantile(0.5)?.TotalMilliseconds);
        json.WriteReal("canary_p99_ms", pairs.Canary.Quantile(0.99)?.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static void WriteComparison(Utf8JsonWriter json, ComparisonCounts counts)
    {
        json.WriteStartObject("comparison");
        json.WriteNumber("compared", counts.Compared);
        json.WriteNumber("disagreements", counts.Disagreements);
        json.WriteReal("agreement_rate", Part(counts.Compared - counts.Disagreements, counts.Compared));
        json.WriteReal("largest_difference", counts.Numeric > 0 ? counts.LargestDifference : null);
        json.WriteReal("mean_difference", Part(counts.SumOfMeanDifferences, counts.Numeric));
        json.WriteNumber("labels", counts.Labels);
        json.WriteReal("label_agreement", Part(counts.SameLabels, counts.Labels));
        json.WriteNumber("skipped", counts.Skipped);
        json.WriteEndObject();
    }

    private static double? Part(double of, long all) => all == 0 ? null : of / all;
}
