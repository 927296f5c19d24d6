using System.Net;
using Krewe.Grains.Hosting;
using Krewe.Launch.Settings;
using Krewe.Launch.Start;
using Krewe.Member.OneProcess;

namespace Krewe.Silo.Settings;

/// <summary>The options of a silo.</summary>
internal sealed class SiloOptions : ProgramOptions
{
    private int? httpPort;

    /// <summary>
    /// True for a silo by itself, which has the front door and keeps decisions in files; false for a member of a cluster.
    /// </summary>
    public bool IsAlone => Member.Database.Length == 0;

    /// <summary>Model hosting.</summary>
    public KreweOptions Krewe { get; } = new();

    /// <inheritdoc/>
    public override long? ModelBytes => Krewe.Serving.MemoryBudgetBytes;

    /// <summary>Single-process mode.</summary>
    public SingleSiloOptions Single { get; } = new();

    /// <summary>True to bring the tables up to date and end.</summary>
    public bool InitDb { get; set; }

    /// <summary>The port of the HTTP API; 0 takes any free one; null for no API here.</summary>
    public int? HttpPort
    {
        get => httpPort ?? (IsAlone ? 8000 : null);
        set => httpPort = value;
    }

    /// <inheritdoc/>
    public override int? GrpcPort
    {
        get => base.GrpcPort ?? (IsAlone && httpPort is null ? 8001 : null);
        set => base.GrpcPort = value;
    }

    /// <summary>The port for operators; 0 takes any free one.</summary>
    public int AdminPort { get; set; } = 8081;

    /// <summary>The address of the port for operators.</summary>
    public IPAddress AdminBind { get; set; } = IPAddress.Loopback;

    /// <summary>The password of the port for operators; null for none, which only loopback allows.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>The silo's name, for people.</summary>
    public string Name => IsAlone ? Single.SiloName : Member.EffectiveSiloName;

    /// <summary>The endpoint for members; in one process, the closed endpoint of Orleans.</summary>
    public IPEndPoint EngineEndpoint =>
        IsAlone ? new(IPAddress.Loopback, Single.EnginePort) : new(Member.AdvertisedAddress, Member.SiloPort);

    /// <summary>The listening endpoints, for errors about a port in use.</summary>
    public IReadOnlyList<ListenEndpoint> Endpoints =>
        [.. HttpPort is { } port ? [new ListenEndpoint(Bind, port, "--http-port", "--bind")] : (ListenEndpoint[])[],
            new(AdminBind, AdminPort, "--admin-port", "--admin-bind"),
            .. GrpcPort is { } grpc ? [new ListenEndpoint(Bind, grpc, "--grpc-port", "--bind")] : (ListenEndpoint[])[]];

    /// <summary>The same, with the endpoints for members and clients.</summary>
    public IReadOnlyList<ListenEndpoint> AllEndpoints => IsAlone
        ? [.. Endpoints, new(IPAddress.Loopback, Single.EnginePort, "--silo-port", "--advertise") { IsShared = true }]
        : [.. Endpoints, new(Member.EffectiveListenAddress, Member.SiloPort, "--silo-port", "--advertise") { IsShared = true },
            new(Member.EffectiveListenAddress, Member.ClientPort ?? 0, "--client-port", "--advertise") { IsShared = true }];
}
