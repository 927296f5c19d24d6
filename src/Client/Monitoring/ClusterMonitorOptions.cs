namespace Krewe.Client.Monitoring;

/// <summary>How the cluster is polled.</summary>
public sealed class ClusterMonitorOptions
{
    /// <summary>The pause between polls.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The pause between polls while no silo that hosts models is known, because calls may wait for the first one.</summary>
    public TimeSpan SearchInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a poll waits for answers; later ones are applied as they arrive.</summary>
    public TimeSpan PollTimeout { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a silent silo remains a candidate for placement.</summary>
    public TimeSpan KeepSilent { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a placement made here counts while no report shows it.</summary>
    public TimeSpan ExpectationLife { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The maximum number of remembered placements; the oldest are dropped.</summary>
    public int MaxExpectations { get; set; } = 8192;
}
