using System.Collections.Immutable;

namespace Krewe.Grains;

/// <summary>How this silo takes part in the cluster. Everything has a default.</summary>
public sealed class NodeOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>What its operator says of it; shown, and never interpreted.</summary>
    public IDictionary<string, string> Labels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The largest answer in bytes, as it travels to its caller; null, the default, for 1 MiB less than Orleans allows for the body of a
    /// message (<see cref="Orleans.Configuration.MessagingOptions.MaxMessageBodySize"/>), which is the most.
    /// </summary>
    public long? MaxAnswerBytes { get; set; }

    /// <summary>Requests that wait for each replica, on average, above which there is to be another one.</summary>
    public double WaitingPerReplica { get; set; } = 4;

    /// <summary>How long the average must stay above that.</summary>
    public TimeSpan ScaleUpDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the load must have fitted in fewer replicas before there is one less.</summary>
    public TimeSpan ScaleDownDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often queues are looked at.</summary>
    public TimeSpan DemandInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the replicas that settings want at least are seen to.</summary>
    public TimeSpan MinimumInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a load waits for its intent to be recorded, where the version was never loaded by this process.</summary>
    public TimeSpan RecordPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop waits for its peers to read that this silo takes no new replicas.</summary>
    public TimeSpan DrainNotice { get; set; } = TimeSpan.FromMilliseconds(1200);

    /// <summary>The most time a stop gives to moving replicas and to the calls under way.</summary>
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>True where no other process routes calls, and so none is waited for before a version goes.</summary>
    public bool IsAlone { get; set; }

    internal ImmutableDictionary<string, string> ReadLabels() => Labels.ToImmutableDictionary(StringComparer.Ordinal);

    internal IEnumerable<string> FindErrors()
    {
        if (MaxAnswerBytes < 1)
        {
            yield return $"{nameof(MaxAnswerBytes)} is {MaxAnswerBytes}: expected 1 or more";
        }

        if (!(WaitingPerReplica > 0))
        {
            yield return $"{nameof(WaitingPerReplica)} is {WaitingPerReplica}: expected more than 0";
        }

        foreach (var (name, value) in new[]
        {
            (nameof(ScaleUpDelay), ScaleUpDelay), (nameof(ScaleDownDelay), ScaleDownDelay), (nameof(RecordPatience), RecordPatience),
            (nameof(DrainNotice), DrainNotice), (nameof(DrainLimit), DrainLimit),
        })
        {
            if (value < TimeSpan.Zero || value > Longest)
            {
                yield return $"{name} is {value}: expected 0 to {Longest}";
            }
        }

        foreach (var (name, value) in new[] { (nameof(DemandInterval), DemandInterval), (nameof(MinimumInterval), MinimumInterval) })
        {
            if (value <= TimeSpan.Zero || value > Longest)
            {
                yield return $"{name} is {value}: expected more than 0 and at most {Longest}";
            }
        }
    }
}
