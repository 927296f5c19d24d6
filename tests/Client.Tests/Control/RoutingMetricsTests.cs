using System.Collections.Frozen;
using Krewe.Abstractions.Models;
using Krewe.Client.Control;
using Krewe.Client.View;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Client.Tests.Control;

public sealed class RoutingMetricsTests
{
    [Theory]
    [InlineData(Rollout.WarmingStep, 0)]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public void Steps_of_rollouts_count_from_1_as_everywhere(int step, double expected)
    {
        var name = ModelName.Parse("m");
        var route = new RolloutRoute("r", step, new ModelVersion(1), new ModelVersion(2), new Share(Share.Whole / 4), Share.None, ComparisonTolerance.Default);
        var view = new ClusterView
        {
            Nodes = [], Routes = RouteBook.Empty,
            Models = new[] { new CatalogModel(name, [], "", new TrafficRoute { Rollout = route }), new CatalogModel(ModelName.Parse("n"), []) }
                .ToFrozenDictionary(static model => model.Name),
        };

        var families = RoutingMetrics.Read(new RouteMeter(), view).ToDictionary(static family => family.Name);

        Assert.Equal(expected, Assert.Single(families["krewe_rollout_step"].Samples).Value);
        Assert.Equal(0.25, Assert.Single(families["krewe_rollout_canary_ratio"].Samples).Value);
        Assert.All(
            ["krewe_rollout_step", "krewe_rollout_canary_ratio"],
            gauge => Assert.EndsWith("It is the cluster's: the same value from every process", families[gauge].Help, StringComparison.Ordinal));
        Assert.Contains("krewe_shadow_skipped_total", families.Keys);
    }
}
