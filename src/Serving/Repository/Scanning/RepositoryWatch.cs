using System.IO.Enumeration;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows the models in a folder. One look at a time.</summary>
internal sealed partial class RepositoryWatch(string root, TimeSpan settleTime, TimeProvider time, ILogger logger)
{
    private static readonly EnumerationOptions Options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly Dictionary<ModelName, ModelWatch> watches = [];
    private HashSet<string> misnamed = [];
    private bool hasLooked;

    /// <summary>
    /// Looks at every model; gives back what is listed of each. Throws <see cref="IOException"/> or
    /// <see cref="UnauthorizedAccessException"/> where the folder itself cannot be read.
    /// </summary>
    public IEnumerable<RepositoryModel> Look()
    {
        var moment = new ScanMoment(time.GetTimestamp(), time.GetUtcNow(), !hasLooked);
        var present = new HashSet<ModelName>(watches.Count);
        foreach (var (name, isLink) in Names())
        {
            if (!watches.TryGetValue(name, out var watch))
            {
                watch = new ModelWatch(name, root, settleTime, time);
                watches.Add(name, watch);
            }

            if (watch.Look(isLink, moment))
            {
                present.Add(name);
            }
        }

        foreach (var gone in watches.Keys.Where(name => !present.Contains(name)).ToList())
        {
            watches.Remove(gone);
        }

        hasLooked = true;
        return watches.Values.Select(watch => watch.Listed).OfType<RepositoryModel>();
    }

    /// <summary>How many models have files that have not settled.</summary>
    public int CountSettling() => watches.Values.Count(watch => watch.IsSettling);

    private List<(ModelName Name, bool IsLink)> Names()
    {
        var (names, wrong) = (new List<(ModelName, bool)>(watches.Count), new HashSet<string>(StringComparer.Ordinal));
        var folders = new FileSystemEnumerable<(string Name, bool IsLink)>(
            root,
            static (ref FileSystemEntry entry) => (entry.FileName.ToString(), (entry.Attributes & FileAttributes.ReparsePoint) != 0),
            Options)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) =>
                entry.IsDirectory && entry.FileName[0] != '.' && !ForeignFiles.Has(entry.FileName),
        };
        foreach (var (text, isLink) in folders)
        {
            if (ModelName.TryParse(text, out var name))
            {
                names.Add((name, isLink));
            }
            else if (wrong.Add(text) && !misnamed.Contains(text))
            {
                LogMisnamed(ErrorText.Quote(text), ModelName.MaxLength);
            }
        }

        misnamed = wrong;
        return names;
    }

    [LoggerMessage(
        EventId = 211, Level = LogLevel.Warning,
        Message = "Folder '{Folder}' is ignored: a model's name has 1 to {MaxLength} letters, digits, '.', '_' or '-', no dot first")]
    private partial void LogMisnamed(string folder, int maxLength);
}
