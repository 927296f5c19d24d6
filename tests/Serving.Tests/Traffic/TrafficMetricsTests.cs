using Krewe.Onnx;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

public sealed class TrafficMetricsTests
{
    [Fact]
    public async Task Calls_are_counted_by_version_and_role_and_rollouts_by_what_became_of_them()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 3, TinyModels.UnknownOperator());
        await traffic.StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(3, 10));
        await traffic.UntilAsync(RolloutPhase.RolledBack);
        await traffic.StartRolloutAsync(Plans.Canary(2, 25));
        await traffic.UntilAsync(RolloutPhase.Running);
        for (var call = 0; call < 100; call++)
        {
            await traffic.CallAsync(call < 40 ? null : call < 80 ? "prod" : "1");
        }

        var metrics = Read(traffic);

        Assert.Equal(60, metrics["krewe_route_requests_total model=m version=1 role=serving outcome=success"]);
        Assert.Equal(20, metrics["krewe_route_requests_total model=m version=2 role=canary outcome=success"]);
        Assert.Equal(20, metrics["krewe_route_requests_total model=m version=1 role=named outcome=success"]);
        Assert.Equal(20, metrics["krewe_route_duration_seconds_count model=m version=2 role=canary"]);
        Assert.Equal(1, metrics["krewe_rollout_step model=m"]);
        Assert.Equal(0.25, metrics["krewe_rollout_canary_ratio model=m"]);
        Assert.Equal(1, metrics["krewe_rollbacks_total model=m guard=warm_up"]);

        await traffic.CommandAsync(RolloutCommand.Abort);
        Assert.DoesNotContain("krewe_rollout_step model=m", Read(traffic).Keys);
    }

    [Fact]
    public async Task A_process_that_decides_nothing_has_none_of_them()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, VersionedModel.Of(1));
        await serving.StartAsync();

        Assert.DoesNotContain(await serving.Host.GetMetricsAsync(default), family => family.Name.StartsWith("krewe_ro", StringComparison.Ordinal));
    }

    private static Dictionary<string, double> Read(TrafficFixture traffic) => traffic.Metrics.Read()
        .SelectMany(family => family.Samples.Where(static sample => sample.Suffix is "" or "_count").Select(sample => (
            Name: $"{family.Name}{sample.Suffix} {string.Join(' ', sample.Labels.Select(label => $"{label.Key}={label.Value}"))}", sample.Value)))
        .ToDictionary(sample => sample.Name, sample => sample.Value);
}
