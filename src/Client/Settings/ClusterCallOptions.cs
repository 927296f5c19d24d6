namespace Krewe.Client.Settings;

/// <summary>How this process calls the models of a cluster. Everything has a default.</summary>
public sealed class ClusterCallOptions
{
    /// <summary>
    /// The largest request in bytes, as it travels to a silo; null, the default, for 1 MiB less than Orleans allows for the body of a
    /// message (<see cref="Orleans.Configuration.MessagingOptions.MaxMessageBodySize"/>), which is the most.
    /// </summary>
    public long? MaxMessageBytes { get; set; }

    /// <summary>The most inferences under way from this process; one more is refused at once.</summary>
    public int MaxOutstanding { get; set; } = 10_000;

    /// <summary>The most inferences under way for one version from this process, so that one slow model cannot take all places.</summary>
    public int MaxOutstandingPerVersion { get; set; } = 4_096;

    /// <summary>The most bytes that the inputs of inferences under way may hold together.</summary>
    public long MaxInputBytes { get; set; } = 1L << 30;

    /// <summary>The most times that one inference is sent.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>How long an inference waits for a lost replica to be there again, where there is no other.</summary>
    public TimeSpan LossPatience { get; set; } = TimeSpan.FromSeconds(2.5);

    /// <summary>How many retries each inference adds to the budget; 0.2 lets a fifth of all be sent twice.</summary>
    public double RetryRatio { get; set; } = 0.2;

    /// <summary>Retries the budget holds at most, and at first: enough for all that is under way on a silo that is lost.</summary>
    public int RetryReserve { get; set; } = 1_024;

    /// <summary>
    /// Whether inferences under way are asked after. Without that, one whose answer was lost waits for as long as its caller does.
    /// </summary>
    public bool WatchesCalls { get; set; } = true;

    /// <summary>How old an inference is when it is asked after, and how long until it is asked after again.</summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How long nothing may come from a replica that is asked until its calls are made again elsewhere.</summary>
    public TimeSpan WatchPatience { get; set; } = TimeSpan.FromMilliseconds(700);

    /// <summary>Everything that cannot be right.</summary>
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
            (nameof(LossPatience), LossPatience), (nameof(WatchInterval), WatchInterval), (nameof(WatchPatience), WatchPatience),
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
