using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>What can be decided about a model. Each returns the route it was given where it says so already, else one of the next epoch.</summary>
internal static class RouteChanges
{
    /// <summary>Takes versions out, or lets them in again.</summary>
    public static ModelRoute SetUnloaded(ModelRoute route, IEnumerable<long> versions, bool unloaded)
    {
        var now = unloaded ? route.Unloaded.Union(versions) : route.Unloaded.Except(versions);
        var ordered = now.Order().ToArray();
        return ordered.SequenceEqual(route.Unloaded) ? route : route with { Epoch = route.Epoch + 1, Unloaded = [.. ordered] };
    }

    /// <summary>Keeps a version from being loaded. The first reason stands: it is nearest to the cause.</summary>
    public static ModelRoute Quarantine(ModelRoute route, long version, string reason) => route.Quarantined.ContainsKey(version)
        ? route
        : route with { Epoch = route.Epoch + 1, Quarantined = route.Quarantined.Add(version, reason) };

    /// <summary>Silos take no calls for a version any more; for one that was retired.</summary>
    public static ModelRoute Close(ModelRoute route, long version) => route.Closed.Contains(version)
        ? route
        : route with { Epoch = route.Epoch + 1, Closed = route.Closed.Add(version) };

    /// <summary>Lets a version be loaded again.</summary>
    public static ModelRoute ClearQuarantine(ModelRoute route, long version) => route.Quarantined.ContainsKey(version)
        ? route with { Epoch = route.Epoch + 1, Quarantined = route.Quarantined.Remove(version) }
        : route;
}
