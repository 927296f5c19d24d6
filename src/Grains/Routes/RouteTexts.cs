using Krewe.Client.Routing;
using Krewe.Grains.Interfaces.Models;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Routes;

/// <summary>What callers are told of versions that a route takes out.</summary>
internal static class RouteTexts
{
    /// <summary>What is said of a quarantined version.</summary>
    public static string Quarantined(string reason) => $"quarantined: {reason}";

    /// <summary>The versions that are out, with the reason. A quarantine says more than an operator's word.</summary>
    public static Dictionary<long, VersionExclusion> Excluded(ModelRoute route)
    {
        var excluded = route.Unloaded.ToDictionary(static version => version, static _ => VersionExclusion.Unloaded);
        foreach (var (version, reason) in route.Quarantined)
        {
            excluded[version] = VersionExclusion.Failed(Quarantined(reason));
        }

        foreach (var version in route.Closed)
        {
            excluded[version] = VersionExclusion.Failed(VersionChoice.Deleted);
        }

        return excluded;
    }
}
