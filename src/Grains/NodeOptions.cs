using System.Collections.Immutable;

namespace Krewe.Grains;

/// <summary>How this silo takes part in the cluster. Everything has a default.</summary>
public sealed class NodeOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Labels set by the operator; displayed, never interpreted.</summary>
    public IDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The largest response in bytes, as encoded in a message; null, the default, for 1 MiB less than Orleans' limit for a message body
    /// (<see cref="Orleans.Configuration.MessagingOptions.MaxMessageBodySize"/>), which is also the maximum.
    /// </summary>
    public long? MaxAnswerBytes { get; set; }

    /// <summary>Scale up above this many waiting requests per replica, on average.</summary>
    public double WaitingPerReplica { get; set; } = 4;

    /// <summary>How long the average must stay above <see cref="WaitingPerReplica"/> before scaling up.</summary>
    public TimeSpan ScaleUpDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the load must fit in fewer replicas before scaling down by one.</summary>
    public TimeSpan ScaleDownDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often queue depth is sampled.</summary>
    public TimeSpan DemandInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the minimum replicas are reconciled.</summary>
    public TimeSpan MinimumInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the first load of a version in this process waits to be recorded.</summary>
    public TimeSpan RecordTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a drain waits until its peers have polled that this silo takes no new replicas.</summary>
    public TimeSpan DrainNotice { get; set; } = TimeSpan.FromMilliseconds(1200);

    /// <summary>The longest drain, for moving replicas and finishing calls under way.</summary>
    public TimeSpan DrainLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>True if no other process routes calls, so a retirement waits for none.</summary>
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
            (nameof(ScaleUpDelay), ScaleUpDelay), (nameof(ScaleDownDelay), ScaleDownDelay), (nameof(RecordTimeout), RecordTimeout),
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
