using Krewe.Client.Settings;
using Krewe.Launch.Settings;
using Krewe.Launch.Start;

namespace Krewe.Gateway.Settings;

/// <summary>What the person who starts a gateway can set.</summary>
internal sealed class GatewayOptions : ProgramOptions
{
    // A gateway takes any free port for members, and has none for clients outside.
    public GatewayOptions() => (Member.SiloPort, Member.ClientPort) = (0, null);

    /// <summary>How it calls the models of the cluster.</summary>
    public ClusterCallOptions Calls { get; } = new();

    /// <summary>The port of the HTTP API; 0 takes any free one.</summary>
    public int HttpPort { get; set; } = 8000;

    /// <summary>Where it listens, for the words about a port in use.</summary>
    public IReadOnlyList<ListenEndpoint> Endpoints => [new(Bind, HttpPort, "--http-port", "--bind")];

    /// <summary>The same, with where it listens for other members.</summary>
    public IReadOnlyList<ListenEndpoint> AllEndpoints =>
        [.. Endpoints, new(Member.EffectiveListenAddress, Member.SiloPort, "--silo-port", "--advertise") { IsShared = true }];
}
