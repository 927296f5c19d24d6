using Krewe.Rollouts;

namespace Krewe.Standalone.Tests;

/// <summary>What the program keeps of a model's traffic; reading it fails where it is torn.</summary>
internal sealed record StateOnDisk(ModelTraffic Traffic, RolloutCounts Counts)
{
    public static StateOnDisk Read(string models, string model)
    {
        var (traffic, counts) = (PathOf(models, "traffic", model), PathOf(models, "counts", model));
        return new StateOnDisk(
            File.Exists(traffic) ? TrafficJson.ReadTraffic(File.ReadAllBytes(traffic)) : ModelTraffic.None,
            File.Exists(counts) ? TrafficJson.ReadCounts(File.ReadAllBytes(counts)) : RolloutCounts.None);
    }

    private static string PathOf(string models, string kind, string model) => Path.Combine(models, ".krewe", kind, model + ".json");
}
