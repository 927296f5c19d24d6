using System.IO.Enumeration;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Files;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Tracks the models in a folder. One scan at a time.</summary>
internal sealed partial class RepositoryWatch(string root, StabilityPolicy stability, TimeProvider time, ILogger logger)
{
    private static readonly EnumerationOptions Options = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly Dictionary<ModelName, ModelWatch> watches = [];
    private readonly Dictionary<ModelName, RepositoryModel> strays = [];
    private HashSet<string> misnamed = [];
    private bool hasScanned;

    /// <summary>
    /// Scans every model; returns the listed ones. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> if the
    /// folder itself cannot be read.
    /// </summary>
    public IEnumerable<RepositoryModel> Scan()
    {
        var moment = new ScanMoment(time.GetTimestamp(), time.GetUtcNow(), !hasScanned);
        var present = new HashSet<ModelName>(watches.Count);
        foreach (var (name, isLink) in Names())
        {
            if (!watches.TryGetValue(name, out var watch))
            {
                watch = new ModelWatch(name, root, stability);
                watches.Add(name, watch);
            }

            if (watch.Scan(isLink, moment))
            {
                present.Add(name);
            }
        }

        foreach (var gone in watches.Keys.Where(name => !present.Contains(name)).ToList())
        {
            watches.Remove(gone);
        }

        hasScanned = true;
        return Listed;
    }

    /// <summary>Scans one model, and returns all listed ones as the last scans saw them.</summary>
    public IEnumerable<RepositoryModel> Scan(ModelName name)
    {
        if (!hasScanned)
        {
            return Scan();
        }

        var folder = new DirectoryInfo(Path.Combine(root, name.Value));
        var watch = watches.GetValueOrDefault(name) ?? new ModelWatch(name, root, stability);
        var moment = new ScanMoment(time.GetTimestamp(), time.GetUtcNow(), IsFirst: false);
        if (folder.Exists && watch.Scan((folder.Attributes & FileAttributes.ReparsePoint) != 0, moment))
        {
            watches[name] = watch;
            strays.Remove(name);
        }
        else
        {
            watches.Remove(name);
        }

        return Listed;
    }

    private IEnumerable<RepositoryModel> Listed =>
        watches.Values.Select(static watch => watch.Listed).OfType<RepositoryModel>().Concat(strays.Values);

    /// <summary>How many models have something that was seen and is not listed yet.</summary>
    public int CountPending() => watches.Values.Count(watch => watch.IsPending);

    private List<(ModelName Name, bool IsLink)> Names()
    {
        var (names, wrong) = (new List<(ModelName, bool)>(watches.Count), new HashSet<string>(StringComparer.Ordinal));
        var files = new List<string>();
        var entries = new FileSystemEnumerable<(string Name, bool IsFolder, bool IsLink)>(
            root,
            static (ref FileSystemEntry entry) =>
                (entry.FileName.ToString(), entry.IsDirectory, (entry.Attributes & FileAttributes.ReparsePoint) != 0),
            Options)
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) =>
                entry.FileName[0] != '.' && !ForeignFiles.Has(entry.FileName) && (entry.IsDirectory || entry.FileName.EndsWith(".onnx")),
        };
        foreach (var (text, isFolder, isLink) in entries)
        {
            if (!isFolder)
            {
                files.Add(text);
            }
            else if (ModelName.TryParse(text, out var name))
            {
                names.Add((name, isLink));
            }
            else if (wrong.Add(text) && !misnamed.Contains(text))
            {
                LogMisnamed(ErrorText.Quote(text), ModelName.MaxLength);
            }
        }

        misnamed = wrong;
        ListStrays(files, [.. names.Select(static model => model.Item1)]);
        return names;
    }

    /// <summary>Lists ONNX files directly in the repository as models that cannot be served, named without the extension.</summary>
    private void ListStrays(List<string> files, HashSet<ModelName> folders)
    {
        var found = new Dictionary<ModelName, string>();
        foreach (var file in files)
        {
            if (ModelName.TryParse(Path.GetFileNameWithoutExtension(file), out var name) && !folders.Contains(name))
            {
                found.TryAdd(name, file);
            }
        }

        foreach (var gone in strays.Keys.Where(name => !found.ContainsKey(name)).ToList())
        {
            strays.Remove(gone);
        }

        foreach (var (name, file) in found)
        {
            strays.TryAdd(name, new RepositoryModel(name, [], ModelManifest.Default, LayoutAdvice.OfStray(name, file)));
        }
    }

    [LoggerMessage(
        EventId = 211, Level = LogLevel.Warning,
        Message = "Ignoring folder '{Folder}': a model name has 1 to {MaxLength} letters, digits, '.', '_' or '-', and no leading dot")]
    private partial void LogMisnamed(string folder, int maxLength);
}
