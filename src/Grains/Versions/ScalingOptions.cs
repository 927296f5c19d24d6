namespace Krewe.Grains;

/// <summary>When there is to be another replica, or one less.</summary>
/// <param name="WaitingPerReplica">Requests that wait for each replica, on average, above which there is pressure.</param>
/// <param name="UpDelay">How long there must be pressure.</param>
/// <param name="DownDelay">How long fewer must have sufficed.</param>
internal sealed record ScalingOptions(double WaitingPerReplica, TimeSpan UpDelay, TimeSpan DownDelay)
{
    /// <summary>A report older than this says nothing.</summary>
    public TimeSpan ReportLife { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The share of what replicas can answer that fewer of them are trusted with.</summary>
    public double TrustedShare { get; init; } = 0.7;

    /// <summary>This many times the waiting that counts as pressure doubles the replicas instead of adding one.</summary>
    public double SteepPressure { get; init; } = 4;
}
