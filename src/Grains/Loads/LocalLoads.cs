using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Routes;
using Krewe.Serving.Node;

namespace Krewe.Grains.Loads;

/// <summary>Loads versions on this silo ahead of calls. In a cluster routes say what may be loaded, so that this lets nothing in.</summary>
public sealed class LocalLoads(IServingNode node, AppliedRoutes routes)
{
    /// <summary>Loads and warms a version where it is not in memory; throws <see cref="KreweException"/> where it cannot serve.</summary>
    public async Task LoadAsync(ModelId model, CancellationToken cancellationToken)
    {
        ThrowIfOut(model);
        await node.Host.LoadAsync(new ModelReference(model.Name, VersionSelector.Of(model.Version)), cancellationToken);
        if (IsOut(model))
        {
            // It was taken out meanwhile, and the host's own load lifts that.
            await routes.RepeatAsync(model.Name, cancellationToken);
            ThrowIfOut(model);
        }
    }

    /// <summary>Whether a route takes the version out, here and everywhere.</summary>
    public bool IsOut(ModelId model) => routes.FindExclusion(model) is not null;

    private void ThrowIfOut(ModelId model)
    {
        if (routes.FindExclusion(model) is { } exclusion)
        {
            throw exclusion.ToError(model);
        }
    }
}
