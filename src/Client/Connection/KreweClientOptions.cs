using Krewe.Client.Settings;

namespace Krewe.Client.Connection;

/// <summary>How an external service reaches the cluster: set <see cref="Silos"/> or <see cref="Lookup"/>.</summary>
public sealed class KreweClientOptions
{
    /// <summary>
    /// Members that accept clients, as <c>host:port</c> with their client port: silos (<c>--client-port</c>, default 30000), or gateways
    /// started with that option. One reachable member is enough to start. A host name may have many addresses and is resolved again at
    /// every refresh.
    /// </summary>
    public IList<string> Silos { get; } = [];

    /// <summary>Another silo lookup, such as the cluster's database; null for <see cref="Silos"/>.</summary>
    public Action<IClientBuilder>? Lookup { get; set; }

    /// <summary>The cluster's name.</summary>
    public string ClusterId { get; set; } = "krewe";

    /// <summary>How often the list of silos is refreshed.</summary>
    public TimeSpan SiloRefreshInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long the host's start waits for the cluster; <see cref="Timeout.InfiniteTimeSpan"/>, the default, for no limit.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Limits and retries of calls.</summary>
    public ClusterCallOptions Calls { get; } = new() { LossTimeout = TimeSpan.FromSeconds(10) };

    internal IEnumerable<string> FindErrors()
    {
        if ((Lookup is null) == (Silos.Count == 0))
        {
            yield return Lookup is null
                ? $"{nameof(Silos)} is empty: expected host:port of a silo's client port, or a {nameof(Lookup)}"
                : $"{nameof(Silos)} and {nameof(Lookup)} are both set: expected one of them";
        }

        foreach (var silo in Silos.Where(static silo => !SiloAddresses.TryParse(silo, out _)))
        {
            yield return $"{nameof(Silos)} has '{silo}': expected host:port, such as silo-1:30000";
        }

        if (string.IsNullOrWhiteSpace(ClusterId) || ClusterId.Length > 100)
        {
            yield return $"{nameof(ClusterId)} is '{ClusterId}': expected 1 to 100 characters";
        }

        if (SiloRefreshInterval < TimeSpan.FromMilliseconds(100) || SiloRefreshInterval > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(SiloRefreshInterval)} is {SiloRefreshInterval}: expected 100 ms to an hour";
        }

        if (ConnectTimeout <= TimeSpan.Zero && ConnectTimeout != Timeout.InfiniteTimeSpan)
        {
            yield return $"{nameof(ConnectTimeout)} is {ConnectTimeout}: expected more than 0, or infinite";
        }

        foreach (var wrong in Calls.FindErrors())
        {
            yield return $"{nameof(Calls)}: {wrong}";
        }
    }
}
