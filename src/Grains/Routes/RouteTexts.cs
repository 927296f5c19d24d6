using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>What callers are told of versions that a route takes out.</summary>
internal static class RouteTexts
{
    /// <summary>The versions that are out, with the reason. A quarantine says more than an operator's word.</summary>
    public static Dictionary<long, string> Excluded(ModelRoute route)
    {
        var excluded = route.Unloaded.ToDictionary(version => version, _ => "unloaded");
        foreach (var (version, reason) in route.Quarantined)
        {
            excluded[version] = $"quarantined: {reason}";
        }

        return excluded;
    }
}
