using Krewe.Grains.Interfaces;
using Krewe.Serving;

namespace Krewe.Grains;

/// <summary>What callers are told of versions that a route takes out.</summary>
internal static class RouteTexts
{
    /// <summary>What is said of a quarantined version.</summary>
    public static string Quarantined(string reason) => $"quarantined: {reason}";

    /// <summary>The versions that are out, with the reason. A quarantine says more than an operator's word.</summary>
    public static Dictionary<long, string> Excluded(ModelRoute route)
    {
        var excluded = route.Unloaded.ToDictionary(version => version, _ => IServingNode.Unloaded);
        foreach (var (version, reason) in route.Quarantined)
        {
            excluded[version] = Quarantined(reason);
        }

        foreach (var version in route.Closed)
        {
            excluded[version] = VersionChoice.Deleted;
        }

        return excluded;
    }
}
