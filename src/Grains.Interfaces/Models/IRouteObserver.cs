namespace Krewe.Grains.Interfaces;

/// <summary>Hears of changes of routes, in any process that routes: members and clients outside. What is lost is read at the next look.</summary>
[Alias("krewe.route-observer")]
public interface IRouteObserver : IGrainObserver
{
    /// <summary>A route has changed.</summary>
    [Alias("hear")]
    void Hear(RouteNews news);
}
