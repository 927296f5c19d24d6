using System.Text.Json;
using Krewe.Rollouts.Plans;

namespace Krewe.Api.Rollouts;

/// <summary>Writes a plan in the form that <see cref="RolloutPlanReader"/> reads, including defaults.</summary>
internal static class RolloutPlanJson
{
    public static void Write(Utf8JsonWriter json, RolloutPlan plan)
    {
        json.WriteStartObject();
        json.WriteString("strategy", RolloutNames.Of(plan.Strategy));
        json.WriteString("version", plan.Version.ToString());
        if (plan.Strategy != RolloutStrategy.BlueGreen)
        {
            WriteSteps(json, plan);
        }

        WriteGuards(json, plan.Guards);
        json.WriteStartObject("tolerance");
        json.WriteReal("relative", plan.Tolerance.Relative);
        json.WriteReal("absolute", plan.Tolerance.Absolute);
        json.WriteEndObject();
        json.WriteString("promote", plan.PromotesItself ? RolloutNames.Automatic : RolloutNames.Manual);
        json.WriteSeconds("keep_warm_seconds", plan.KeepWarm);
        json.WriteBoolean("replica_by_replica", plan.ReplicaByReplica);
        json.WriteEndObject();
    }

    /// <summary>Writes the members of a step.</summary>
    public static void WriteSettings(Utf8JsonWriter json, RolloutStep step)
    {
        json.WriteNumber("percent", step.Canary.Percent);
        json.WriteNumber("shadow_percent", step.Shadow.Percent);
        json.WriteSeconds("dwell_seconds", step.Dwell);
        json.WriteNumber("min_requests", step.MinRequests);
    }

    private static void WriteSteps(Utf8JsonWriter json, RolloutPlan plan)
    {
        json.WriteStartArray("steps");
        foreach (var step in plan.Steps)
        {
            json.WriteStartObject();
            WriteSettings(json, step);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteGuards(Utf8JsonWriter json, RolloutGuards guards)
    {
        json.WriteStartObject("guards");
        json.WriteReal("max_error_rate_increase", guards.MaxErrorRateIncrease);
        json.WriteReal("max_p50_ratio", guards.MaxP50Ratio);
        json.WriteReal("min_p50_increase_ms", guards.MinP50Increase.TotalMilliseconds);
        json.WriteReal("max_p99_ratio", guards.MaxP99Ratio);
        json.WriteReal("min_p99_increase_ms", guards.MinP99Increase.TotalMilliseconds);
        json.WriteReal("max_disagreement", guards.MaxDisagreement);
        json.WriteNumber("min_sample", guards.MinSample);
        json.WriteEndObject();
    }
}
