namespace Krewe.Serving;

/// <summary>Where a model's route is looked up by calls, without a lock; it outlives the snapshots of the repository.</summary>
internal sealed class LiveRoute
{
    private volatile RouteInForce? inForce;

    /// <summary>The route; null where nothing was decided about the model.</summary>
    public RouteInForce? InForce
    {
        get => inForce;
        set => inForce = value;
    }
}
