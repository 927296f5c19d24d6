using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Api.Rollouts;

namespace Krewe.Api.Tests.Rollouts;

/// <summary>The numbers of a plan at their ends, and just beyond.</summary>
public sealed class RolloutPlanLimitTests
{
    [Theory]
    [InlineData("\"steps\":[{\"percent\":$}]", new[] { "0.0001", "1", "100" }, new[] { "-1", "0", "0.00001", "100.0001", "1e400" })]
    [InlineData("\"steps\":[{\"shadow_percent\":$}]", new[] { "0.0001", "1", "100" }, new[] { "-1", "0", "0.00001", "100.0001" })]
    [InlineData("\"dwell_seconds\":$", new[] { "0", "0.001", "1", "2592000" }, new[] { "-1", "2592001" })]
    [InlineData("\"min_requests\":$", new[] { "0", "1", "9223372036854775807" }, new[] { "-1", "9223372036854775808", "1.5" })]
    [InlineData("\"keep_warm_seconds\":$", new[] { "0", "1", "86400" }, new[] { "-1", "86401" })]
    [InlineData("\"guards\":{\"min_sample\":$}", new[] { "1", "1000000" }, new[] { "0", "1000001" })]
    [InlineData("\"guards\":{\"max_p50_ratio\":$}", new[] { "1", "1000", "null" }, new[] { "0", "0.999", "1000.001" })]
    [InlineData("\"guards\":{\"max_p99_ratio\":$}", new[] { "1", "1000", "null" }, new[] { "0", "0.999", "1000.001" })]
    [InlineData("\"guards\":{\"max_error_rate_increase\":$}", new[] { "0", "1", "null" }, new[] { "-0.001", "1.001" })]
    [InlineData("\"guards\":{\"max_disagreement\":$}", new[] { "0", "1", "null" }, new[] { "-0.001", "1.001" })]
    [InlineData("\"tolerance\":{\"relative\":$}", new[] { "0", "1", "1e300" }, new[] { "-0.001", "1e400" })]
    [InlineData("\"tolerance\":{\"absolute\":$}", new[] { "0", "1", "1e300" }, new[] { "-0.001", "1e400" })]
    public void Each_number_has_a_range_and_an_error_beyond_it(string member, string[] right, string[] wrong)
    {
        Assert.All(right, value => Read(member.Replace("$", value, StringComparison.Ordinal)));
        Assert.All(wrong, value => Assert.Contains(
            "expected", Assert.Throws<KreweException>(() => Read(member.Replace("$", value, StringComparison.Ordinal))).Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "needs at least one step")]
    [InlineData(1, null)]
    [InlineData(100, null)]
    [InlineData(101, "'steps' has 101 items: expected at most 100")]
    public void A_plan_has_1_to_100_steps(int count, string? error)
    {
        var member = $"\"steps\":[{string.Join(',', Enumerable.Range(1, count).Select(static step => Math.Min(step, 100)))}]";
        if (error is null)
        {
            Read(member);
        }
        else
        {
            Assert.Contains(error, Assert.Throws<KreweException>(() => Read(member)).Message, StringComparison.Ordinal);
        }
    }

    private static void Read(string member)
    {
        using var body = JsonDocument.Parse($$"""{"strategy":"canary","version":2,{{member}}}""");
        RolloutPlanReader.Read(BodyObject.Of(body, "", RolloutPlanReader.Members));
    }
}
