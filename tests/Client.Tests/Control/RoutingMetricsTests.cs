using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Models;
using Krewe.Processes;
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
        var snapshot = new ClusterSnapshot
        {
            Nodes = [], Routes = RoutingTable.Empty,
            Models = new[] { new CatalogModel(name, [], "", new TrafficRoute { Rollout = route }), new CatalogModel(ModelName.Parse("n"), []) }
                .ToFrozenDictionary(static model => model.Name),
        };

        using var cluster = new FakeCluster();
        cluster.Snapshots.Current = snapshot;

        Assert.Equal(KeyValuePair.Create("m", expected), Assert.Single(cluster.Measured.Read("krewe_rollout_step")));
        Assert.Equal(KeyValuePair.Create("m", 0.25), Assert.Single(cluster.Measured.Read("krewe_rollout_canary_ratio")));
    }

    [Fact]
    public void The_scrape_configuration_keeps_what_only_gateways_tell_and_drops_what_silos_tell_themselves()
    {
        var text = File.ReadAllText(Path.Combine(Clone.Root, "docker/prometheus/prometheus.yml"));
        var gateway = text[text.IndexOf("job_name: krewe-gateway", StringComparison.Ordinal)..];
        var rules = gateway.Contains("metric_relabel_configs: *own", StringComparison.Ordinal)
            ? text[text.IndexOf("metric_relabel_configs: &own", StringComparison.Ordinal)..text.IndexOf("job_name: krewe-gateway", StringComparison.Ordinal)]
            : gateway[gateway.IndexOf("metric_relabel_configs:", StringComparison.Ordinal)..];
        using var cluster = new FakeCluster();

        Assert.True(cluster.Measured.Instruments.Count > 15, $"only {cluster.Measured.Instruments.Count} instruments");
        Assert.Contains("krewe_shadow_skipped_total", cluster.Measured.Instruments);
        Assert.All(cluster.Measured.Instruments, name => Assert.True(IsKept(rules, name, silo: ""), name));
        Assert.True(IsKept(rules, "krewe_gateway_retries_total", silo: ""));
        Assert.True(IsKept(rules, "krewe_http_requests_total", silo: ""));
        Assert.False(IsKept(rules, "krewe_rollbacks_total", silo: "silo-1"));
        Assert.False(IsKept(rules, "nv_inference_request_success", silo: "silo-1"));
    }

    /// <summary>What rules of a scrape configuration make of a series.</summary>
    private static bool IsKept(string rules, string name, string silo) =>
        Regex.Matches(rules, @"source_labels: \[(?<label>\w+)\]\s+regex: ""(?<regex>[^""]+)""\s+action: (?<action>keep|drop)").All(rule =>
            Regex.IsMatch(rule.Groups["label"].Value == "silo" ? silo : name, $"^(?:{rule.Groups["regex"].Value})$") == (rule.Groups["action"].Value == "keep"));
}
