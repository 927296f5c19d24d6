using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Grains.Routes;
using Krewe.Serving.Node;

namespace Krewe.Grains.Loads;

/// <summary>Loads versions on this silo ahead of calls. Routes decide what may be loaded; a load here never overrides them.</summary>
public sealed class LocalLoads(IServingNode node, AppliedRoutes routes)
{
    /// <summary>Loads and warms a version that is not in memory; throws <see cref="KreweException"/> if it cannot serve.</summary>
    public async Task LoadAsync(ModelId model, CancellationToken cancellationToken)
    {
        ThrowIfExcluded(model);
        await node.Host.LoadAsync(new ModelReference(model.Name, VersionSelector.Of(model.Version)), cancellationToken);
        if (IsExcluded(model))
        {
            // A route excluded it meanwhile, and the host's load lifted that exclusion.
            await routes.RepeatAsync(model.Name, cancellationToken);
            ThrowIfExcluded(model);
        }
    }

    /// <summary>Whether a route excludes the version, on every silo.</summary>
    public bool IsExcluded(ModelId model) => routes.FindExclusion(model) is not null;

    private void ThrowIfExcluded(ModelId model)
    {
        if (routes.FindExclusion(model) is { } exclusion)
        {
            throw exclusion.ToError(model);
        }
    }
}
