namespace Krewe.Serving.Repository;

/// <summary>Where the models lie and how often that is looked at.</summary>
public sealed class ModelRepositoryOptions
{
    /// <summary>The folder that holds a folder for each model; it must exist.</summary>
    public string Root { get; set; } = "";

    /// <summary>The least time between two looks at the folder; a look that takes long makes it longer.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long new or changed files must stay as they are before they count; 0 takes them at once.</summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(2);

    internal IEnumerable<string> FindErrors()
    {
        if (string.IsNullOrWhiteSpace(Root))
        {
            yield return $"{nameof(Root)} is empty: expected the folder that holds the models";
        }
        else if (!Directory.Exists(Root))
        {
            yield return $"{nameof(Root)} '{Root}' is no folder that can be read: expected the folder that holds the models";
        }

        if (PollInterval < TimeSpan.FromMilliseconds(10) || PollInterval > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(PollInterval)} is {PollInterval}: expected 10 ms to 1 day";
        }

        if (SettleTime < TimeSpan.Zero || SettleTime > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(SettleTime)} is {SettleTime}: expected 0 to 1 hour";
        }
    }
}
