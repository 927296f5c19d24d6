using Krewe.Client.Settings;
using Krewe.Launch.Members;
using Krewe.Launch.Start;
using Krewe.Member;

namespace Krewe.Gateway.Settings;

/// <summary>Hands what was set to the parts of the program; what was not set keeps their defaults.</summary>
internal static class OptionsTransfer
{
    public static void CopyTo(this GatewayOptions options, ClusterCallOptions cluster)
    {
        cluster.MaxOutstanding = options.MaxOutstanding ?? cluster.MaxOutstanding;
        cluster.MaxOutstandingPerVersion = options.MaxOutstandingPerVersion ?? cluster.MaxOutstandingPerVersion;
        cluster.MaxInputBytes = options.MaxInputBytes ?? cluster.MaxInputBytes;
        cluster.WatchesCalls = options.CallWatch;
    }

    public static MemberOptions ToMember(this GatewayOptions options, MemberPlace place) => new()
    {
        Database = place.Database,
        DatabaseWait = options.DatabaseWait,
        ClusterId = options.ClusterId,
        SiloName = place.Name,
        AdvertisedAddress = place.Advertised,
        SiloPort = place.SiloPort,
        ClientPort = null,
    };

    /// <summary>Where a gateway listens, for the words about a port in use.</summary>
    public static IReadOnlyList<ListenEndpoint> Endpoints(this GatewayOptions options) =>
        [new(options.Bind, options.HttpPort, "--http-port", "--bind")];

    /// <summary>The same, with where it listens for other members.</summary>
    public static IReadOnlyList<ListenEndpoint> Endpoints(this GatewayOptions options, MemberPlace place) =>
        [.. options.Endpoints(),
            new(options.ToMember(place).EffectiveListenAddress, place.SiloPort, "--silo-port", "--advertise") { IsShared = true }];
}
