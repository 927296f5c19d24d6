using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Models;
using Krewe.Api.Http;
using Krewe.Api.Rollouts;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Api.Tests.Rollouts;

public sealed class RolloutJsonTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, 500, TimeSpan.FromHours(2));

    private static readonly ArmCounts Arm = new(4, 1, Latency(TimeSpan.FromMicroseconds(10), TimeSpan.FromMicroseconds(10), TimeSpan.FromSeconds(1)));

    private static readonly Rollout Running = new()
    {
        Id = "r1",
        Plan = new RolloutPlan { Strategy = RolloutStrategy.Canary, Version = new ModelVersion(2), Steps = [Step(0, 100), Step(12.5, 0)] },
        From = new ModelVersion(1),
        Phase = RolloutPhase.Running,
        StartedAt = Start,
        PhaseSince = Start.AddSeconds(1),
        StepSince = Start.AddSeconds(2),
        StepSpent = TimeSpan.FromSeconds(3),
        Step = 1,
        Signal = new GuardSignal(GuardKind.P99, Start.AddSeconds(3), StepCounts.Empty),
    };

    [Fact]
    public void A_rollout_in_a_step_is_shown_whole() => Assert.Equal(
        """
        {"model":"m","id":"r1","strategy":"canary","from":"1","version":"2","phase":"RUNNING","pending":null,"reason":"",
        "started_at":"2026-03-01T10:00:00.500Z","phase_since":"2026-03-01T10:00:01.500Z","kept_warm_until":null,
        "step":{"number":2,"of":2,"percent":12.5,"shadow_percent":0,"dwell_seconds":60,"min_requests":10,"since":"2026-03-01T10:00:02.500Z","seconds":11.25,"missing_seconds":48.75,"missing_requests":6},
        "suspicion":{"guard":"p99","at":"2026-03-01T10:00:03.500Z"},"breach":null,
        "counts":[{"step":2,"serving":{"requests":0,"errors":0,"error_rate":0,"p50_ms":null,"p99_ms":null},
        "canary":{"requests":4,"errors":1,"error_rate":0.25,"p50_ms":0.011,"p99_ms":1015.808},
        "shadow":{"requests":0,"errors":0,"error_rate":0,"p50_ms":null,"p99_ms":null},
        "control":{"pairs":3,"unlike":1,"serving_p50_ms":0.011,"serving_p99_ms":1015.808,"canary_p50_ms":0.011,"canary_p99_ms":1015.808},
        "comparison":{"compared":0,"disagreements":0,"agreement_rate":null,"largest_difference":null,"mean_difference":null,"labels":0,"label_agreement":null,"skipped":0}}],
        "plan":{"strategy":"canary","version":"2","steps":[{"percent":0,"shadow_percent":100,"dwell_seconds":60,"min_requests":10},{"percent":12.5,"shadow_percent":0,"dwell_seconds":60,"min_requests":10}],
        "guards":{"max_error_rate_increase":0.01,"max_p50_ratio":1.5,"min_p50_increase_ms":1,"max_p99_ratio":2,"min_p99_increase_ms":1,"max_disagreement":0.05,"min_sample":50},"tolerance":{"relative":0.01,"absolute":0.0001},
        "promote":"automatic","keep_warm_seconds":300,"replica_by_replica":false}}
        """.ReplaceLineEndings(""),
        Write(Running, (1, StepCounts.Empty with { Canary = Arm, Pairs = new LatencyPairs(Arm.Latency, Arm.Latency, 1) })).GetRawText());

    [Fact]
    public void Steps_are_numbered_from_one_with_the_warm_up_before_and_the_switch_after()
    {
        var json = Write(Running with { Phase = RolloutPhase.KeepingWarm, Step = 2, Signal = null }, (-1, StepCounts.Empty), (0, StepCounts.Empty), (2, StepCounts.Empty));
        Assert.Equal([0, 1, 3], json.GetProperty("counts").EnumerateArray().Select(counts => counts.GetProperty("step").GetInt32()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("step").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("suspicion").ValueKind);
        Assert.Equal("2026-03-01T10:05:01.500Z", json.GetProperty("kept_warm_until").GetString());
    }

    [Fact]
    public void Nothing_is_missing_below_zero_and_copies_that_were_compared_count_as_requests()
    {
        var counts = StepCounts.Empty with { Canary = Arm, Comparison = new ComparisonCounts { Compared = 7 } };
        var step = Write(Running with { StepSpent = TimeSpan.FromHours(1) }, (1, counts)).GetProperty("step");
        Assert.Equal((0, 0), (step.GetProperty("missing_seconds").GetDouble(), step.GetProperty("missing_requests").GetInt64()));
    }

    [Fact]
    public void A_rollout_that_was_rolled_back_has_the_step_and_the_reason()
    {
        var breach = new GuardBreach(GuardKind.Disagreement, 0.05, 0, 1, 200, 180, 0.25);
        var json = Write(Running with { Phase = RolloutPhase.RolledBack, Reason = "it differs", Breach = breach, Signal = null });
        Assert.Equal(("ROLLED_BACK", "it differs"), (json.GetProperty("phase").GetString(), json.GetProperty("reason").GetString()));
        Assert.Equal(
            """{"guard":"disagreement","threshold":0.05,"serving":0,"candidate":1,"serving_sample":200,"candidate_sample":180,"p_value":0.25}""",
            json.GetProperty("breach").GetRawText());
        Assert.Equal(
            """{"number":2,"of":2,"percent":12.5,"shadow_percent":0,"dwell_seconds":60,"min_requests":10,"since":"2026-03-01T10:00:02.500Z","seconds":null,"missing_seconds":null,"missing_requests":null}""",
            json.GetProperty("step").GetRawText());
    }

    [Fact]
    public void Comparisons_are_shown_as_rates()
    {
        var comparison = new ComparisonCounts
        {
            Compared = 8, Disagreements = 2, Labels = 4, SameLabels = 3, LargestDifference = double.PositiveInfinity, SumOfMeanDifferences = 3, Numeric = 6, Skipped = 5,
        };
        Assert.Equal(
            """{"compared":8,"disagreements":2,"agreement_rate":0.75,"largest_difference":"Infinity","mean_difference":0.5,"labels":4,"label_agreement":0.75,"skipped":5}""",
            Write(Running, (1, StepCounts.Empty with { Comparison = comparison })).GetProperty("counts")[0].GetProperty("comparison").GetRawText());
    }

    [Theory]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"-Infinity\"")]
    [InlineData(1e-320, "1E-320")]
    public void A_number_without_json_form_is_a_string(double value, string expected) => Assert.Equal(
        expected, Write(Running with { Breach = new GuardBreach(GuardKind.P50, 0, 0, 0, 0, 0, value) }).GetProperty("breach").GetProperty("p_value").GetRawText());

    [Fact]
    public void Every_name_has_one_spelling()
    {
        Assert.All(Enum.GetValues<RolloutPhase>(), phase => Assert.Matches("^[A-Z]+(_[A-Z]+)*$", RolloutNames.Of(phase)));
        Assert.Equal(["canary", "shadow", "blue_green"], Enum.GetValues<RolloutStrategy>().Select(RolloutNames.Of));
        Assert.Equal(["error_rate", "p50", "p99", "disagreement"], Enum.GetValues<GuardKind>().Select(RolloutNames.Of));
        Assert.Equal(["pause", "resume", "promote", "abort"], RolloutNames.Actions.ToArray().Select(word => word.Item1));
    }

    private static JsonElement Write(Rollout rollout, params (int Step, StepCounts Counts)[] counts)
    {
        var status = new RolloutStatus(ModelName.Parse("m"), rollout, counts.ToImmutableSortedDictionary(c => c.Step, c => c.Counts), Start.AddSeconds(10.25));
        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(JsonAnswer.ToBytes(status, RolloutJson.Write).Span));
        return document.RootElement.Clone();
    }

    private static RolloutStep Step(double canary, double shadow)
    {
        Assert.True(Share.TryFromPercent(canary, out var calls) & Share.TryFromPercent(shadow, out var copies));
        return new RolloutStep { Canary = calls, Shadow = copies, MinRequests = 10 };
    }

    private static LatencyHistogram Latency(params TimeSpan[] durations)
    {
        var counts = new long[durations.Max(LatencyHistogram.BucketOf) + 1];
        foreach (var duration in durations)
        {
            counts[LatencyHistogram.BucketOf(duration)]++;
        }

        return new LatencyHistogram { Counts = [.. counts] };
    }
}
