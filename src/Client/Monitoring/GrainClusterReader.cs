using Krewe.Client.Cluster;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Relaying;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;

namespace Krewe.Client.Monitoring;

/// <summary>Reads the cluster's state from its grains.</summary>
internal sealed class GrainClusterReader(
    ISiloList silos, IGrainFactory grains, IClusterManifestProvider manifests, GrainInterfaceTypeResolver interfaces,
    IServiceProvider services)
    : IClusterReader
{
    private readonly string nodeInterface = interfaces.GetGrainInterfaceType(typeof(INodeGrain)).ToString();
    private readonly string name = $"client {Guid.NewGuid():N}";

    // Set once this process has joined; always null in a client.
    private readonly ILocalSiloDetails? local = services.GetService<ILocalSiloDetails>();

    // Orleans holds observers weakly.
    private RouteListener? listener;
    private IRouteObserver? observer;

    public bool IsOutside => local is null;

    public async ValueTask<IReadOnlyList<SiloAddress>> GetHostsAsync(CancellationToken cancellationToken)
    {
        var active = await silos.GetActiveAsync(cancellationToken);
        var known = manifests.Current.Silos;

        // A member whose grain types are unknown is polled too: it has a node grain, or refuses the call.
        return [.. active.Where(silo => !known.TryGetValue(silo, out var manifest) || HasNodeGrain(manifest))];
    }

    public void Subscribe(Action<RouteNews> onChange) => listener = new RouteListener(onChange);

    public Task<NodeReport> ReadNodeAsync(SiloAddress silo, NodeReportRequest known) =>
        grains.Find<INodeGrain>(silo.ToParsableString()).ReportAsync(known);

    public Task<RoutingTable?> ReadRoutesAsync(long knownSequence, long shownSequence) =>
        grains.Find<IRoutingTableGrain>(IRoutingTableGrain.Key).ReadAsync(knownSequence, Reader(shownSequence));

    public Task<RoutingTable?> ReadRoutesThroughAsync(SiloAddress silo, long knownSequence, long shownSequence) =>
        grains.Find<IRelayGrain>(silo.ToParsableString()).ReadRoutesAsync(knownSequence, Reader(shownSequence));

    private RouteSubscriber Reader(long shownSequence) =>
        new(local?.SiloAddress.ToParsableString() ?? name, local is not null, shownSequence, observer ??= Observe());

    private IRouteObserver? Observe() => listener is null ? null : grains.CreateObjectReference<IRouteObserver>(listener);

    private bool HasNodeGrain(GrainManifest manifest) => manifest.Grains.Values.Any(grain => grain.Properties
        .Any(property => property.Key.StartsWith(WellKnownGrainTypeProperties.ImplementedInterfacePrefix, StringComparison.Ordinal)
        && property.Value == nodeInterface));

    private sealed class RouteListener(Action<RouteNews> onChange) : IRouteObserver
    {
        public void Hear(RouteNews news) => onChange(news);
    }
}
