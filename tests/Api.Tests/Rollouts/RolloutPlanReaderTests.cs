using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Api.Http;
using Krewe.Api.Rollouts;
using Krewe.Rollouts.Plans;

namespace Krewe.Api.Tests.Rollouts;

public sealed class RolloutPlanReaderTests
{
    [Theory]
    [InlineData(""" "canary","version":"2" """)]
    [InlineData(""" "canary","version":2 """)]
    public void What_is_left_out_has_its_default(string members)
    {
        var plan = Read($$"""{"strategy":{{members}}}""");
        Assert.Equal((RolloutStrategy.Canary, new ModelVersion(2)), (plan.Strategy, plan.Version));
        Assert.Equal(RolloutPlan.DefaultSteps(RolloutStrategy.Canary), plan.Steps);
        Assert.Equal((new RolloutGuards(), ComparisonTolerance.Default), (plan.Guards, plan.Tolerance));
        Assert.Equal((true, TimeSpan.FromMinutes(5), false), (plan.PromotesItself, plan.KeepWarm, plan.ReplicaByReplica));
    }

    [Fact]
    public void Everything_can_be_said()
    {
        var plan = Read("""
            {"strategy":"canary","version":"9223372036854775807",
            "steps":[{"shadow_percent":100,"dwell_seconds":0.5,"min_requests":0},{"percent":5,"shadow_percent":12.5,"dwell_seconds":60,"min_requests":500},{"percent":100}],
            "guards":{"max_error_rate_increase":0,"max_p50_ratio":1,"max_p99_ratio":3.5,"min_p50_increase_ms":0,"min_p99_increase_ms":2.5,"max_disagreement":1,"min_sample":7},
            "tolerance":{"relative":0,"absolute":1e-9},"promote":"manual","keep_warm_seconds":0,"replica_by_replica":true}
            """);
        Assert.Equal(long.MaxValue, plan.Version.Number);
        Assert.Equal(
            [
                new RolloutStep { Shadow = Share.All, Dwell = TimeSpan.FromMilliseconds(500), MinRequests = 0 },
                new RolloutStep { Canary = new Share(50_000), Shadow = new Share(125_000), Dwell = TimeSpan.FromMinutes(1), MinRequests = 500 },
                new RolloutStep { Canary = Share.All },
            ],
            plan.Steps);
        Assert.Equal(
            new RolloutGuards
            {
                MaxErrorRateIncrease = 0, MaxP50Ratio = 1, MinP50Increase = TimeSpan.Zero, MaxP99Ratio = 3.5,
                MinP99Increase = TimeSpan.FromMilliseconds(2.5), MaxDisagreement = 1, MinSample = 7,
            },
            plan.Guards);
        Assert.Equal(new ComparisonTolerance(0, 1e-9), plan.Tolerance);
        Assert.Equal((false, TimeSpan.Zero, true), (plan.PromotesItself, plan.KeepWarm, plan.ReplicaByReplica));
    }

    [Fact]
    public void A_number_is_a_step_and_settings_beside_the_steps_are_those_of_all()
    {
        var steps = Read("""{"strategy":"canary","version":2,"steps":[0.0001,{"percent":50,"min_requests":9},100],"dwell_seconds":3,"min_requests":7}""").Steps;
        Assert.Equal([1, 500_000, 1_000_000], steps.Select(step => step.Canary.PartsPerMillion));
        Assert.All(steps, step => Assert.Equal(TimeSpan.FromSeconds(3), step.Dwell));
        Assert.Equal([7, 9, 7], steps.Select(step => step.MinRequests));

        var defaults = Read("""{"strategy":"canary","version":2,"dwell_seconds":3}""").Steps;
        Assert.Equal(5, defaults.Length);
        Assert.All(defaults, step => Assert.Equal((TimeSpan.FromSeconds(3), 500), (step.Dwell, step.MinRequests)));
    }

    [Theory]
    [InlineData("""{"strategy":"shadow","version":2}""", 1_000_000)]
    [InlineData("""{"strategy":"shadow","version":2,"steps":[{}]}""", 1_000_000)]
    [InlineData("""{"strategy":"shadow","version":2,"steps":[20]}""", 200_000)]
    [InlineData("""{"strategy":"shadow","version":2,"steps":[{"percent":0,"shadow_percent":20}]}""", 200_000)]
    public void A_shadow_gets_copies_and_no_calls(string json, int copies)
    {
        var step = Assert.Single(Read(json).Steps);
        Assert.Equal((0, copies), (step.Canary.PartsPerMillion, step.Shadow.PartsPerMillion));
    }

    [Fact]
    public void Blue_and_green_have_no_steps() => Assert.Empty(Read("""{"strategy":"blue_green","version":2}""").Steps);

    [Fact]
    public void A_guard_that_is_null_is_off()
    {
        var guards = Read("""{"strategy":"canary","version":2,"guards":{"max_p50_ratio":null,"max_p99_ratio":null,"max_error_rate_increase":null,"max_disagreement":null}}""").Guards;
        Assert.Equal(new RolloutGuards { MaxP50Ratio = null, MaxP99Ratio = null, MaxErrorRateIncrease = null, MaxDisagreement = null }, guards);
    }

    [Theory]
    [InlineData("""{"strategy":"canary","version":2,"steps":[{"shadow_percent":10},1,{"percent":5,"shadow_percent":0.5,"dwell_seconds":0.25,"min_requests":3}]}""")]
    [InlineData("""{"strategy":"shadow","version":2,"guards":{"max_p50_ratio":null,"max_p99_ratio":1.25},"tolerance":{"absolute":1e300},"promote":"manual"}""")]
    [InlineData("""{"strategy":"blue_green","version":"17","keep_warm_seconds":1.5,"replica_by_replica":true}""")]
    public void What_is_shown_of_a_plan_can_be_sent_again(string json)
    {
        var plan = Read(json);
        var shown = System.Text.Encoding.UTF8.GetString(JsonAnswer.ToBytes(plan, RolloutPlanJson.Write).Span);
        var again = Read(shown);
        Assert.Equal(plan.Steps, again.Steps);
        Assert.Equal(plan, again with { Steps = plan.Steps });
    }

    [Theory]
    [InlineData("{}", "the body has no 'strategy': expected it")]
    [InlineData("""{"strategy":"canary"}""", "the body has no 'version': expected it")]
    [InlineData("""{"strategy":"Canary","version":2}""", "'strategy' is 'Canary': expected 'canary', 'shadow' or 'blue_green'")]
    [InlineData("""{"strategy":null,"version":2}""", "'strategy' is null: expected 'canary', 'shadow' or 'blue_green'")]
    [InlineData("""{"strategy":"canary","version":2,"stpes":[1]}""", "the body has an unknown member 'stpes': expected 'strategy', 'version', 'steps', 'dwell_seconds', 'min_requests', 'guards', 'tolerance', 'promote', 'keep_warm_seconds', 'replica_by_replica', 'reason'")]
    [InlineData("""{"strategy":"canary","version":2,"version":3}""", "the body has 'version' twice: expected it once")]
    public void The_body_is_validated(string json, string error) => Assert.Equal(error, Refusal(json));

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2.0")]
    [InlineData("2e0")]
    [InlineData("9223372036854775808")]
    [InlineData("\"02\"")]
    [InlineData("\"latest\"")]
    [InlineData("\"\"")]
    [InlineData("true")]
    [InlineData("[2]")]
    [InlineData("null")]
    public void A_version_is_a_number(string version)
    {
        var error = Refusal($$"""{"strategy":"canary","version":{{version}}}""");
        Assert.StartsWith("'version' is ", error, StringComparison.Ordinal);
        Assert.EndsWith(": expected the number of a version, a positive integer without leading zeros", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"steps\":{}", "'steps' is an object: expected an array such as [5, 25, 100]")]
    [InlineData("\"steps\":null", "'steps' is null: expected an array such as [5, 25, 100]")]
    [InlineData("\"steps\":[]", "a canary rollout needs at least one step")]
    [InlineData("\"steps\":[\"5%\"]", "'steps[0]' is '5%': expected a percentage such as 5, or an object such as {\"percent\": 5, \"dwell_seconds\": 60}")]
    [InlineData("\"steps\":[null]", "'steps[0]' is null: expected a percentage such as 5, or an object such as {\"percent\": 5, \"dwell_seconds\": 60}")]
    [InlineData("\"steps\":[[5]]", "'steps[0]' is an array: expected a percentage such as 5, or an object such as {\"percent\": 5, \"dwell_seconds\": 60}")]
    [InlineData("\"steps\":[{\"percent\":\"5%\"}]", "'steps[0].percent' is '5%': expected a number from 0 to 100")]
    [InlineData("\"steps\":\"5%\"", "'steps' is '5%': expected an array such as [5, 25, 100]")]
    [InlineData("\"steps\":[5,101]", "'steps[1]' is 101: expected a number from 0 to 100")]
    [InlineData("\"steps\":[-1]", "'steps[0]' is -1: expected a number from 0 to 100")]
    [InlineData("\"steps\":[1e999]", "'steps[0]' is 1e999: expected a number from 0 to 100")]
    [InlineData("\"steps\":[0]", "step 1 gives the new version no calls and no copies: expected a share above 0 % of one of them")]
    [InlineData("\"steps\":[{}]", "step 1 gives the new version no calls and no copies: expected a share above 0 % of one of them")]
    [InlineData("\"steps\":[5,1,0]", "step 2 gives the new version 1 % of the calls after 5 %: expected shares that do not fall; step 3 gives the new version no calls and no copies: expected a share above 0 % of one of them; step 3 gives the new version 0 % of the calls after 1 %: expected shares that do not fall")]
    [InlineData("\"steps\":[{\"percents\":5}]", "'steps[0]' has an unknown member 'percents': expected 'percent', 'shadow_percent', 'dwell_seconds', 'min_requests'")]
    [InlineData("\"steps\":[{\"percent\":5,\"percent\":6}]", "'steps[0]' has 'percent' twice: expected it once")]
    [InlineData("\"steps\":[{\"percent\":\"5\"}]", "'steps[0].percent' is '5': expected a number from 0 to 100")]
    [InlineData("\"steps\":[{\"percent\":null}]", "'steps[0].percent' is null: expected a number from 0 to 100")]
    [InlineData("\"steps\":[{\"percent\":1,\"shadow_percent\":100.5}]", "'steps[0].shadow_percent' is 100.5: expected a number from 0 to 100")]
    [InlineData("\"steps\":[{\"percent\":1,\"dwell_seconds\":-1}]", "'steps[0].dwell_seconds' is -1: expected a number from 0 to 2592000")]
    [InlineData("\"steps\":[{\"percent\":1,\"dwell_seconds\":2592001}]", "'steps[0].dwell_seconds' is 2592001: expected a number from 0 to 2592000")]
    [InlineData("\"steps\":[{\"percent\":1,\"min_requests\":1.5}]", "'steps[0].min_requests' is 1.5: expected a whole number of 0 or more")]
    [InlineData("\"steps\":[{\"percent\":1,\"min_requests\":-1}]", "'steps[0].min_requests' is -1: expected a whole number of 0 or more")]
    [InlineData("\"dwell_seconds\":\"60s\"", "'dwell_seconds' is '60s': expected a number from 0 to 2592000")]
    [InlineData("\"min_requests\":99999999999999999999", "'min_requests' is 99999999999999999999: expected a whole number of 0 or more")]
    public void A_step_is_validated(string members, string error) =>
        Assert.Equal(error, Refusal($$"""{"strategy":"canary","version":2,{{members}}}"""));

    [Theory]
    [InlineData("\"guards\":[]", "'guards' is an array: expected an object with 'max_error_rate_increase', 'max_p50_ratio', 'min_p50_increase_ms', 'max_p99_ratio', 'min_p99_increase_ms', 'max_disagreement', 'min_sample'")]
    [InlineData("\"guards\":null", "'guards' is null: expected an object with 'max_error_rate_increase', 'max_p50_ratio', 'min_p50_increase_ms', 'max_p99_ratio', 'min_p99_increase_ms', 'max_disagreement', 'min_sample'")]
    [InlineData("\"guards\":{\"max_error_rate\":0.1}", "'guards' has an unknown member 'max_error_rate': expected 'max_error_rate_increase', 'max_p50_ratio', 'min_p50_increase_ms', 'max_p99_ratio', 'min_p99_increase_ms', 'max_disagreement', 'min_sample'")]
    [InlineData("\"guards\":{\"max_error_rate_increase\":1.1}", "'guards.max_error_rate_increase' is 1.1: expected a number from 0 to 1")]
    [InlineData("\"guards\":{\"max_error_rate_increase\":\"1 %\"}", "'guards.max_error_rate_increase' is '1 %': expected a number from 0 to 1")]
    [InlineData("\"guards\":{\"max_p50_ratio\":0.9}", "'guards.max_p50_ratio' is 0.9: expected a number from 1 to 1000")]
    [InlineData("\"guards\":{\"max_p99_ratio\":1e999}", "'guards.max_p99_ratio' is 1e999: expected a number from 1 to 1000")]
    [InlineData("\"guards\":{\"max_disagreement\":-0.1}", "'guards.max_disagreement' is -0.1: expected a number from 0 to 1")]
    [InlineData("\"guards\":{\"min_p50_increase_ms\":-1}", "'guards.min_p50_increase_ms' is -1: expected a number from 0 to 60000")]
    [InlineData("\"guards\":{\"min_p99_increase_ms\":null}", "'guards.min_p99_increase_ms' is null: expected a number from 0 to 60000")]
    [InlineData("\"guards\":{\"min_sample\":0}", "'guards.min_sample' is 0: expected a whole number from 1 to 1000000")]
    [InlineData("\"guards\":{\"min_sample\":null}", "'guards.min_sample' is null: expected a whole number from 1 to 1000000")]
    [InlineData("\"tolerance\":0.1", "'tolerance' is 0.1: expected an object with 'relative', 'absolute'")]
    [InlineData("\"tolerance\":{\"rel\":0.1}", "'tolerance' has an unknown member 'rel': expected 'relative', 'absolute'")]
    [InlineData("\"tolerance\":{\"relative\":-1}", "'tolerance.relative' is -1: expected a number of 0 or more")]
    [InlineData("\"tolerance\":{\"absolute\":-1}", "'tolerance.absolute' is -1: expected a number of 0 or more")]
    [InlineData("\"promote\":true", "'promote' is true: expected 'automatic' or 'manual'")]
    [InlineData("\"keep_warm_seconds\":\"5m\"", "'keep_warm_seconds' is '5m': expected a number from 0 to 86400")]
    [InlineData("\"replica_by_replica\":1", "'replica_by_replica' is 1: expected true or false")]
    public void Every_other_setting_is_validated(string members, string error) =>
        Assert.Equal(error, Refusal($$"""{"strategy":"canary","version":2,{{members}}}"""));

    [Theory]
    [InlineData("shadow", "\"steps\":[{\"percent\":5}]", "step 1 gives 5 % of the calls to the new version, and a shadow rollout only copies calls: leave that out, or make it a canary")]
    [InlineData("shadow", "\"steps\":[0]", "step 1 copies no calls: expected a share above 0 %")]
    [InlineData("blue_green", "\"steps\":[5]", "a blue/green rollout moves all calls at once and has no steps, the plan has 1: leave them out, or make it a canary")]
    [InlineData("blue_green", "\"dwell_seconds\":1", "the body has 'dwell_seconds': a blue_green rollout has no steps, leave it out")]
    [InlineData("blue_green", "\"min_requests\":1", "the body has 'min_requests': a blue_green rollout has no steps, leave it out")]
    public void A_strategy_has_steps_of_its_own(string strategy, string members, string error) =>
        Assert.Equal(error, Refusal($$"""{"strategy":"{{strategy}}","version":2,{{members}}}"""));

    [Fact]
    public void There_are_only_so_many_steps()
    {
        Assert.Equal(100, Read($$"""{"strategy":"canary","version":2,"steps":[{{Ones(100)}}]}""").Steps.Length);
        Assert.Equal("'steps' has 101 items: expected at most 100", Refusal($$"""{"strategy":"canary","version":2,"steps":[{{Ones(101)}}]}"""));
        static string Ones(int count) => string.Join(',', Enumerable.Repeat("1", count));
    }

    private static RolloutPlan Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return RolloutPlanReader.Read(BodyObject.Of(document, "{}", [.. RolloutPlanReader.Members, "reason"]));
    }

    private static string Refusal(string json)
    {
        var refusal = Assert.Throws<KreweException>(() => Read(json));
        Assert.Equal(KreweErrorCode.InvalidInput, refusal.Code);
        return refusal.Message;
    }
}
