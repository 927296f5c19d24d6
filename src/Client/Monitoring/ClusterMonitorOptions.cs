namespace Krewe.Client.Monitoring;

/// <summary>How the cluster is watched.</summary>
public sealed class ClusterMonitorOptions
{
    /// <summary>The time from the end of one look to the next.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The time between looks while no silo that hosts models is known: at the start, somebody may wait for the first one.
    /// </summary>
    public TimeSpan SearchInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long one look waits for answers; later ones are taken in when they come.</summary>
    public TimeSpan LookPatience { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a silo that does not answer keeps its place among those that replicas are placed on.</summary>
    public TimeSpan KeepSilent { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a placement made from here counts while no report shows it.</summary>
    public TimeSpan ExpectationLife { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The most placements remembered; beyond it the oldest are forgotten.</summary>
    public int MaxExpectations { get; set; } = 8192;
}
