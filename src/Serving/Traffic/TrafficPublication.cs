using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>Puts decisions into force in this process: calls that begin afterwards follow them.</summary>
internal sealed class TrafficPublication(ServedModels models, MemoryBudget budget)
{
    /// <summary>Makes what is stored of a model the one that holds.</summary>
    public void Publish(ModelName name, StoredTraffic stored)
    {
        var route = stored.Traffic.ToRoute();
        models.SetRetired(name, stored.Traffic.Retired);
        models.SetRoute(name, stored.Error is null && route.IsDefault ? null : new RouteInForce(route, stored.Error));
        if (models.Hold(name, [.. stored.Traffic.KeptWarm]))
        {
            budget.SignalRoom();
        }
    }
}
