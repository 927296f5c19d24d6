using Krewe.Client.Settings;
using Krewe.Launch.Settings;
using Krewe.Launch.Start;

namespace Krewe.Gateway.Settings;

/// <summary>The options of a gateway.</summary>
internal sealed class GatewayOptions : ProgramOptions
{
    private int? httpPort;

    // A gateway uses any free port for members, and has no port for external clients by default.
    public GatewayOptions() => (Member.SiloPort, Member.ClientPort) = (0, null);

    /// <summary>Calls to the cluster's models.</summary>
    public ClusterCallOptions Calls { get; } = new();

    /// <summary>The port of the HTTP API; 0 takes any free one.</summary>
    public int HttpPort
    {
        get => httpPort ?? 8000;
        set => httpPort = value;
    }

    /// <inheritdoc/>
    public override int? GrpcPort
    {
        get => base.GrpcPort ?? (httpPort is null ? 8001 : null);
        set => base.GrpcPort = value;
    }

    /// <summary>The listening endpoints, for errors about a port in use.</summary>
    public IReadOnlyList<ListenEndpoint> Endpoints => 
        [new(Bind, HttpPort, "--http-port", "--bind"),
            .. GrpcPort is { } port ? [new ListenEndpoint(Bind, port, "--grpc-port", "--bind")] : (ListenEndpoint[])[]];

    /// <summary>The same, with the endpoints for members and clients.</summary>
    public IReadOnlyList<ListenEndpoint> AllEndpoints =>
        [.. Endpoints, new(Member.EffectiveListenAddress, Member.SiloPort, "--silo-port", "--advertise") { IsShared = true },
            .. Member.ClientPort is { } port
                ? [new ListenEndpoint(Member.EffectiveListenAddress, port, "--client-port", "--advertise") { IsShared = true }]
                : (ListenEndpoint[])[]];
}
