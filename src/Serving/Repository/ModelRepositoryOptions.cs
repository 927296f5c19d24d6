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
        if (FindRootError() is { } error)
        {
            yield return $"{nameof(Root)} {error}: expected the folder that holds the models, DIR/<model>/<version>/model.onnx";
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

    private string? FindRootError()
    {
        if (string.IsNullOrWhiteSpace(Root))
        {
            return "is empty";
        }

        try
        {
            _ = Directory.EnumerateFileSystemEntries(Root).Any();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception switch
            {
                _ when File.Exists(Root) => $"is the file '{Root}'",
                DirectoryNotFoundException => $"is '{Root}', which is not there",
                UnauthorizedAccessException => $"is '{Root}', which user '{Environment.UserName}' may not read",
                _ => $"is '{Root}', which cannot be read ({exception.Message})",
            };
        }
    }
}
