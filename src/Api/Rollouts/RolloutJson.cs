using System.Text.Json;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Api.Rollouts;

/// <summary>Writes the status of a rollout as JSON.</summary>
internal static class RolloutJson
{
    public static void Write(Utf8JsonWriter json, RolloutStatus status)
    {
        json.WriteStartObject();
        WriteMembers(json, status);
        json.WriteEndObject();
    }

    /// <summary>Writes the status after a command, and whether it changed.</summary>
    public static void WriteChange(Utf8JsonWriter json, (RolloutStatus Status, bool IsChanged) after)
    {
        json.WriteStartObject();
        json.WriteBoolean("changed", after.IsChanged);
        WriteMembers(json, after.Status);
        json.WriteEndObject();
    }

    /// <summary>The step's number from 1.</summary>
    public static int NumberOf(int step) => step + 1;

    private static void WriteMembers(Utf8JsonWriter json, RolloutStatus status)
    {
        var rollout = status.Rollout;
        json.WriteString("model", status.Model.Value);
        json.WriteString("id", rollout.Id);
        json.WriteString("strategy", RolloutNames.Of(rollout.Plan.Strategy));
        json.WriteString("from", rollout.From.ToString());
        json.WriteString("version", rollout.Plan.Version.ToString());
        json.WriteString("phase", RolloutNames.Of(rollout.Phase));
        json.WriteString("pending", rollout.Pending is { } command ? RolloutNames.Of(command) : null);
        json.WriteString("reason", rollout.Reason);
        json.WriteTime("started_at", rollout.StartedAt);
        json.WriteTime("phase_since", rollout.PhaseSince);
        json.WriteTime("kept_warm_until", rollout.Phase == RolloutPhase.KeepingWarm ? rollout.PhaseSince + rollout.Plan.KeepWarm : null);
        WriteStep(json, status);
        WriteSignal(json, rollout.Signal);
        WriteBreach(json, rollout.Breach);
        StepCountsJson.Write(json, "counts", status.Counts);
        json.WritePropertyName("plan");
        RolloutPlanJson.Write(json, rollout.Plan);
    }

    private static void WriteStep(Utf8JsonWriter json, RolloutStatus status)
    {
        if (status.Rollout is not { CurrentStep: { } step } rollout)
        {
            json.WriteNull("step");
            return;
        }

        // After the end, the step's clock is stopped and nothing is missing.
        var time = rollout.Phase.Splits() ? rollout.StepTime(status.Now) : (TimeSpan?)null;
        json.WriteStartObject("step");
        json.WriteNumber("number", NumberOf(rollout.Step));
        json.WriteNumber("of", rollout.Plan.Steps.Length);
        RolloutPlanJson.WriteSettings(json, step);
        json.WriteTime("since", rollout.StepSince);
        json.WriteSeconds("seconds", time);
        WriteMissing(json, status, step, time);
        json.WriteEndObject();
    }

    private static void WriteMissing(Utf8JsonWriter json, RolloutStatus status, RolloutStep step, TimeSpan? time)
    {
        if (time is not { } spent)
        {
            json.WriteNull("missing_seconds");
            json.WriteNull("missing_requests");
            return;
        }

        var counts = status.Counts.GetValueOrDefault(status.Rollout.Step) ?? StepCounts.Empty;
        var missing = step.Dwell - spent;
        json.WriteSeconds("missing_seconds", missing > TimeSpan.Zero ? missing : TimeSpan.Zero);
        json.WriteNumber("missing_requests", Math.Max(0, step.MinRequests - counts.Canary.Requests - counts.Comparison.Compared));
    }

    private static void WriteSignal(Utf8JsonWriter json, GuardSignal? signal)
    {
        if (signal is null)
        {
            json.WriteNull("suspicion");
            return;
        }

        json.WriteStartObject("suspicion");
        json.WriteString("guard", RolloutNames.Of(signal.Guard));
        json.WriteTime("at", signal.At);
        json.WriteEndObject();
    }

    private static void WriteBreach(Utf8JsonWriter json, GuardBreach? breach)
    {
        if (breach is null)
        {
            json.WriteNull("breach");
            return;
        }

        json.WriteStartObject("breach");
        json.WriteString("guard", RolloutNames.Of(breach.Guard));
        json.WriteReal("threshold", breach.Threshold);
        json.WriteReal("serving", breach.Serving);
        json.WriteReal("candidate", breach.Candidate);
        json.WriteNumber("serving_sample", breach.ServingSample);
        json.WriteNumber("candidate_sample", breach.CandidateSample);
        json.WriteReal("p_value", breach.PValue);
        json.WriteEndObject();
    }
}
