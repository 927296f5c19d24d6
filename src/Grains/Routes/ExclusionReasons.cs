using Krewe.Client.Routing;
using Krewe.Grains.Interfaces.Models;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Routes;

/// <summary>Reasons for excluded versions, as callers see them.</summary>
internal static class ExclusionReasons
{
    /// <summary>The reason of a quarantined version.</summary>
    public static string Quarantined(string reason) => $"quarantined: {reason}";

    /// <summary>The excluded versions with their reasons. A quarantine overrides an operator's unload.</summary>
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
