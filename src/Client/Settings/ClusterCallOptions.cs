namespace Krewe.Client.Settings;

/// <summary>How this process calls the models of a cluster. Everything has a default.</summary>
public sealed class ClusterCallOptions
{
    /// <summary>
    /// The largest request in bytes, as encoded in a message; null, the default, for 1 MiB less than Orleans' limit for a message body
    /// (<see cref="Orleans.Configuration.MessagingOptions.MaxMessageBodySize"/>), which is also the maximum.
    /// </summary>
    public long? MaxMessageBytes { get; set; }

    /// <summary>The maximum number of inferences under way from this process; more are refused at once.</summary>
    public int MaxOutstanding { get; set; } = 10_000;

    /// <summary>The maximum number of inferences under way per version, so that one slow model cannot use up the whole limit.</summary>
    public int MaxOutstandingPerVersion { get; set; } = 4_096;

    /// <summary>The maximum bytes of inputs of all inferences under way.</summary>
    public long MaxInputBytes { get; set; } = 1L << 30;

    /// <summary>The maximum number of attempts of one inference.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>How long an inference waits for a lost replica to recover, if there is no other.</summary>
    public TimeSpan LossTimeout { get; set; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Retries that each inference adds to the retry budget; with 0.2 a fifth of all calls may be retried.</summary>
    public double RetryRatio { get; set; } = 0.2;

    /// <summary>The retry budget's capacity and initial size: enough for all calls under way on a lost silo.</summary>
    public int RetryReserve { get; set; } = 1_024;

    /// <summary>
    /// Whether inferences under way are checked. Without it, a call with a lost reply waits for as long as its caller does.
    /// </summary>
    public bool WatchesCalls { get; set; } = true;

    /// <summary>The age of an inference at its first check, and the interval of further ones.</summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long a checked replica may be silent before its calls are retried elsewhere.</summary>
    public TimeSpan WatchTimeout { get; set; } = TimeSpan.FromMilliseconds(700);

    /// <summary>All validation errors.</summary>
    internal IEnumerable<string> FindErrors()
    {
        foreach (var (name, value) in new (string, long)[]
        {
            (nameof(MaxMessageBytes), MaxMessageBytes ?? 1), (nameof(MaxOutstanding), MaxOutstanding),
            (nameof(MaxOutstandingPerVersion), MaxOutstandingPerVersion), (nameof(MaxInputBytes), MaxInputBytes),
        })
        {
            if (value < 1)
            {
                yield return $"{name} is {value}: expected at least 1";
            }
        }

        foreach (var (name, value) in new[]
        {
            (nameof(LossTimeout), LossTimeout), (nameof(WatchInterval), WatchInterval), (nameof(WatchTimeout), WatchTimeout),
        })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                yield return $"{name} is {value}: expected more than 0 and at most an hour";
            }
        }

        if (MaxAttempts is < 1 or > 100)
        {
            yield return $"{nameof(MaxAttempts)} is {MaxAttempts}: expected 1 to 100";
        }

        if (RetryRatio is not (>= 0 and <= 10))
        {
            yield return $"{nameof(RetryRatio)} is {RetryRatio}: expected 0 to 10";
        }

        if (RetryReserve < 0)
        {
            yield return $"{nameof(RetryReserve)} is {RetryReserve}: expected 0 or more";
        }
    }
}
