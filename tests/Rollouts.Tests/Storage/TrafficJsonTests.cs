using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;

namespace Krewe.Rollouts.Tests.Storage;

public sealed class TrafficJsonTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_state_comes_back_as_it_was_stored()
    {
        var plan = new RolloutPlan
        {
            Strategy = RolloutStrategy.Canary, Version = new ModelVersion(2), Steps = RolloutPlan.DefaultSteps(RolloutStrategy.Canary),
            KeepWarm = TimeSpan.FromSeconds(7), Guards = new RolloutGuards { MaxP50Ratio = null },
        };
        var traffic = RolloutMachine.Start(ModelTraffic.None, plan, new ModelVersion(1), "a", new ChangeAuthor("anna", "newer data", Noon));
        traffic = RolloutMachine.Warmed(traffic, Noon);
        traffic = RolloutMachine.Apply(traffic, new RolloutMove.RecordEvaluation(3, new GuardSignal(GuardKind.P99, Noon, Counted())), Noon);
        traffic = AliasChanges.Set(traffic, "beta", new ModelVersion(2), new ChangeAuthor("anna", "", Noon));
        traffic = AliasChanges.Retire(traffic, new ModelVersion(7), new ChangeAuthor("anna", "", Noon));

        var json = TrafficJson.Write(traffic);
        var back = TrafficJson.ReadTraffic(json);

        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(TrafficJson.Write(back)));
        Assert.Equal(traffic.Aliases, back.Aliases);
        Assert.Equal([.. traffic.Retired], [.. back.Retired]);
        Assert.Equal(traffic.History.AsEnumerable(), back.History.AsEnumerable());
        Assert.Equal(traffic.Rollout!.Plan.Steps.AsEnumerable(), back.Rollout!.Plan.Steps.AsEnumerable());
        Assert.Null(back.Rollout.Plan.Guards.MaxP50Ratio);
        Assert.Equal(traffic.Rollout.Plan.Guards, back.Rollout.Plan.Guards);
        Assert.Equal(traffic.Rollout.Signal, back.Rollout.Signal);
        Assert.Equal(traffic.Rollout with { Plan = plan }, back.Rollout with { Plan = plan });
    }

    [Fact]
    public void Counts_come_back_as_they_were_stored()
    {
        var counts = new RolloutCounts("a", RolloutCounts.None.Steps.Add(-1, Counted()).Add(0, StepCounts.Empty));

        var back = TrafficJson.ReadCounts(TrafficJson.Write(counts));

        Assert.Equal("a", back.Rollout);
        Assert.Equal(counts.Steps, back.Steps);
    }

    [Fact]
    public void What_is_missing_has_its_default_and_what_is_unknown_is_passed_over()
    {
        var traffic = TrafficJson.ReadTraffic("""{"revision":3,"aliases":{"prod":2},"later":{"x":[1]}}"""u8);

        Assert.Equal(3, traffic.Revision);
        Assert.Equal(new ModelVersion(2), traffic.Aliases["prod"]);
        Assert.Null(traffic.Rollout);
        Assert.Empty(traffic.History);
        Assert.Empty(traffic.Retired);
    }

    /// <summary>As the version before the control group wrote them.</summary>
    [Fact]
    public void What_an_older_version_stored_is_read()
    {
        var traffic = TrafficJson.ReadTraffic(
            """
            {"revision":2,"aliases":{"prod":1},"rollout":{"id":"a","plan":{"strategy":"Canary","version":2,"steps":[{"canary":10000,"shadow":0,"dwell":"00:01:00","minRequests":500}],
            "guards":{"maxErrorRateIncrease":0.01,"maxP50Ratio":1.5,"maxP99Ratio":2,"maxDisagreement":0.05,"minSample":50},"tolerance":{"relative":0.01,"absolute":0.0001},
            "promotesItself":true,"keepWarm":"00:05:00","replicaByReplica":false},"from":1,"phase":"RolledBack","startedAt":"2026-03-01T12:00:00+00:00","step":0,
            "phaseSince":"2026-03-01T12:00:00+00:00","stepSince":"2026-03-01T12:00:00+00:00","stepSpent":"00:00:00","looks":3,"window":null,"signal":null,"pending":null,"reason":"slow",
            "breach":{"guard":"P50","threshold":1.5,"serving":1,"candidate":2,"servingSample":100,"candidateSample":100,"pValue":0.001}},"retired":[],"history":[]}
            """u8);
        var counts = TrafficJson.ReadCounts(
            """
            {"rollout":"a","steps":{"0":{"serving":{"requests":3,"errors":0,"latency":{"counts":[0,3]}},"canary":{"requests":1,"errors":1,"latency":{"counts":[]}},
            "shadow":{"requests":0,"errors":0,"latency":{"counts":[]}},"comparison":{"compared":0}}}}
            """u8);

        Assert.Equal(new RolloutGuards(), traffic.Rollout!.Plan.Guards);
        Assert.Equal(0, traffic.Rollout.Breach!.IncreaseMs);
        Assert.Equal((3, LatencyPairs.Empty), (counts.Steps[0].Serving.Requests, counts.Steps[0].Pairs));
    }

    /// <summary>As the versions wrote them that named members as the code did.</summary>
    [Fact]
    public void What_is_stored_keeps_its_names()
    {
        const string state =
            """
            {"revision":4,"aliases":{"beta":2,"prod":1},"rollout":{"id":"a","plan":{"strategy":"Canary","version":2,
            "steps":[{"canary":10000,"shadow":0,"dwell":"00:01:00","minRequests":500}],"guards":{"maxErrorRateIncrease":0.01,
            "maxP50Ratio":1.5,"maxP99Ratio":2,"minP50Increase":"00:00:00.0010000","minP99Increase":"00:00:00.0010000",
            "maxDisagreement":0.05,"minSample":50},"tolerance":{"relative":0.01,"absolute":0.0001},"promotesItself":true,
            "keepWarm":"00:05:00","replicaByReplica":false},"from":1,"phase":"Running","startedAt":"2026-03-01T12:00:00+00:00",
            "step":0,"phaseSince":"2026-03-01T12:00:00+00:00","stepSince":"2026-03-01T12:00:00+00:00","stepSpent":"00:00:00",
            "seenAt":"2026-03-01T12:00:09+00:00",
            "looks":3,"window":{"number":2,"since":"2026-03-01T12:00:00+00:00","before":{"serving":{"requests":0,"errors":0,
            "latency":{"counts":[]}},"canary":{"requests":0,"errors":0,"latency":{"counts":[]}},"shadow":{"requests":0,"errors":0,
            "latency":{"counts":[]}},"comparison":{"compared":0,"disagreements":0,"labels":0,"sameLabels":0,"largestDifference":0,
            "sumOfMeanDifferences":0,"numeric":0,"skipped":0},"pairs":{"control":{"counts":[]},"canary":{"counts":[]},
            "unlike":0}}},"signal":{"guard":"P99","at":"2026-03-01T12:00:00+00:00","before":{"serving":{"requests":3,"errors":1,
            "latency":{"counts":[0,2]}},"canary":{"requests":0,"errors":0,"latency":{"counts":[]}},"shadow":{"requests":0,
            "errors":0,"latency":{"counts":[]}},"comparison":{"compared":0,"disagreements":0,"labels":0,"sameLabels":0,
            "largestDifference":0,"sumOfMeanDifferences":0,"numeric":0,"skipped":0},"pairs":{"control":{"counts":[]},
            "canary":{"counts":[]},"unlike":0}},"trial":{"since":"2026-03-01T12:00:00+00:00","before":{"serving":{"requests":0,
            "errors":0,"latency":{"counts":[]}},"canary":{"requests":0,"errors":0,"latency":{"counts":[]}},"shadow":{"requests":0,
            "errors":0,"latency":{"counts":[]}},"comparison":{"compared":0,"disagreements":0,"labels":0,"sameLabels":0,
            "largestDifference":0,"sumOfMeanDifferences":0,"numeric":0,"skipped":0},"pairs":{"control":{"counts":[]},
            "canary":{"counts":[]},"unlike":0}},"for":1,"against":2}},"pending":"Promote","reason":"","breach":{"guard":"P50",
            "threshold":1.5,"serving":1,"candidate":2,"servingSample":100,"candidateSample":101,"pValue":0.5,"increaseMs":3}},
            "retired":[7],"history":[{"revision":1,"at":"2026-03-01T12:00:00+00:00","actor":"anna",
            "what":"the canary rollout from version 1 to version 2 began","why":"newer data"},{"revision":2,
            "at":"2026-03-01T12:00:00+00:00","actor":"krewe",
            "what":"the canary rollout from version 1 to version 2 entered step 1: 1 % of the calls","why":"version 2 is warm"},
            {"revision":3,"at":"2026-03-01T12:00:00+00:00","actor":"anna","what":"alias \u0027beta\u0027 was set to version 2",
            "why":""},{"revision":4,"at":"2026-03-01T12:00:00+00:00","actor":"anna","what":"version 7 is being deleted",
            "why":""}],"keptWarm":[1,2]}
            """;
        const string route =
            """
            {"aliases":{"beta":2,"prod":1},"rollout":{"id":"a","step":0,"from":1,"to":2,"canary":10000,"shadow":0,
            "tolerance":{"relative":0.01,"absolute":0.0001}},"retired":[7]}
            """;
        const string counts =
            """
            {"rollout":"a","steps":{"0":{"serving":{"requests":3,"errors":1,"latency":{"counts":[0,2]}},"canary":{"requests":0,
            "errors":0,"latency":{"counts":[]}},"shadow":{"requests":0,"errors":0,"latency":{"counts":[]}},
            "comparison":{"compared":0,"disagreements":0,"labels":0,"sameLabels":0,"largestDifference":0,"sumOfMeanDifferences":0,
            "numeric":0,"skipped":0},"pairs":{"control":{"counts":[]},"canary":{"counts":[]},"unlike":0}}}}
            """;

        AssertSame(state, TrafficJson.Write(TrafficJson.ReadTraffic(Bytes(state))));
        AssertSame(route, TrafficJson.Write(TrafficJson.ReadRoute(Bytes(route))));
        AssertSame(counts, TrafficJson.Write(TrafficJson.ReadCounts(Bytes(counts))));

        static string OneLine(string text) => text.Replace("\n", "");
        static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(OneLine(text));

        // The order of aliases in a route is that of a hash table.
        static void AssertSame(string expected, byte[] actual) => Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(OneLine(expected)), JsonNode.Parse(actual)), Encoding.UTF8.GetString(actual));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"aliases":{"prod":0}}""")]
    public void Invalid_state_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => TrafficJson.ReadTraffic(Encoding.UTF8.GetBytes(json)));

    private static StepCounts Counted()
    {
        var tally = new RolloutTally();
        tally.AddSuccess(TrafficRole.Serving, TimeSpan.FromMilliseconds(3));
        tally.AddError(TrafficRole.Canary);
        tally.Add(new AnswerComparison(false, 0.5, 0.25, 1, 0));
        tally.AddSkipped();
        tally.Controls.AddCanary(2, TimeSpan.FromMilliseconds(4), new Share(10_000));
        Assert.True(tally.Controls.TryBegin(2));
        tally.Controls.AddControl(2, TimeSpan.FromMilliseconds(5), isAlike: false);
        return tally.Read();
    }
}
