namespace Krewe.Client.Cluster;

/// <summary>Makes references to grains of the cluster.</summary>
internal static class GrainLookup
{
    /// <summary>
    /// A reference; throws <see cref="OrleansException"/> while no member has the grain's class, as a call does. Orleans itself throws
    /// <see cref="ArgumentException"/> once it has forgotten the last silo.
    /// </summary>
    public static T Find<T>(this IGrainFactory grains, string key)
        where T : IGrainWithStringKey
    {
        try
        {
            return grains.GetGrain<T>(key);
        }
        catch (ArgumentException error)
        {
            throw new OrleansException($"No active nodes are compatible with grain interface {typeof(T).Name}", error);
        }
    }
}
