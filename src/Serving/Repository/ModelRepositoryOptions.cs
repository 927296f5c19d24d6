namespace Krewe.Serving.Repository;

/// <summary>The model repository and how often it is polled.</summary>
public sealed class ModelRepositoryOptions
{
    /// <summary>The folder with one subfolder per model; it must exist.</summary>
    public string Root { get; set; } = "";

    /// <summary>The minimum time between two scans; a slow scan extends it.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long new or changed files must stay unchanged before they are served; 0 serves them at once.</summary>
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
                DirectoryNotFoundException => $"is '{Root}', which does not exist",
                UnauthorizedAccessException => $"is '{Root}', which user '{Environment.UserName}' may not read",
                _ => $"is '{Root}', which cannot be read ({exception.Message})",
            };
        }
    }
}
