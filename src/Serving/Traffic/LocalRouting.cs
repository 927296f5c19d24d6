using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>How this process takes calls along their routes, and what it counts on the way.</summary>
internal sealed class LocalRouting : IDisposable
{
    private readonly ShadowCopies copies;

    public LocalRouting(VersionCalls calls, TimeProvider time)
    {
        copies = new ShadowCopies(new ShadowOptions(), Meter, time);
        Calls = new RoutedCalls(calls, Tallies, Meter, copies, time);
    }

    /// <summary>The way of a call.</summary>
    public RoutedCalls Calls { get; }

    /// <summary>What is counted for rollouts since the process started.</summary>
    public TallyBook Tallies { get; } = new();

    /// <summary>What is counted for metrics.</summary>
    public RouteMeter Meter { get; } = new();

    public void Dispose() => copies.Dispose();
}
