using Krewe.Abstractions.Models;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows one version: what is listed of it changes only when its files have settled and are whole.</summary>
internal sealed class VersionWatch(ModelId id, string modelFolder, string versionFolder, StabilityPolicy stability)
{
    private readonly StabilityWindow<FolderContent> window = stability.Watch<FolderContent>();
    private (FolderContent Content, string ModelFileName)? examined;
    private string? examinedFault;
    private (FolderContent Content, bool IsWhole) published;
    private string? listedFault;
    private string? listedFolderFault;

    /// <summary>The listed state; null before the version appears.</summary>
    public RepositoryVersion? Listed { get; private set; }

    /// <summary>Applies an observation of the folder.</summary>
    /// <param name="content">The folder's content, including the ONNX file.</param>
    /// <param name="folderFault">What is wrong with the folder itself; null if nothing is.</param>
    /// <param name="settings">The model's settings.</param>
    /// <param name="moment">When it was scanned.</param>
    public void Observe(FolderContent content, string? folderFault, ManifestWatch settings, ScanMoment moment)
    {
        if (Listed is { } listed && content.ToStamp(listed.Stamp.Settings) == listed.Stamp && folderFault == listedFolderFault)
        {
            window.Reset();
            List(content, listedFault, settings);
            return;
        }

        if (!window.HasSettled(content, content.LastWrite, moment) && !IsPublished(content))
        {
            return;
        }

        // Startup does not open ten thousand files; a load checks its own.
        if (folderFault is not null || moment.IsFirst || CanBeListed(content, settings.Manifest.ModelFileName))
        {
            listedFolderFault = folderFault;
            List(content, folderFault ?? (moment.IsFirst ? null : examinedFault), settings);
        }
    }

    /// <summary>A published version was renamed into place complete and need not settle; later changes must.</summary>
    private bool IsPublished(FolderContent content)
    {
        if (content.HasRecord && published.Content != content)
        {
            published = (content, VersionRecord.Read(versionFolder)?.Describes(versionFolder) == true);
        }

        return content.HasRecord && published.IsWhole;
    }

    // Whole, or broken for so long that it is named as such.
    private bool CanBeListed(FolderContent content, string modelFileName)
    {
        if (examined != (content, modelFileName))
        {
            examinedFault = FindFault(modelFileName);
            examined = (content, modelFileName);
        }

        // What changed meanwhile settles again first.
        return (examinedFault is null || window.IsTimedOut) && VersionFolder.Read(versionFolder, modelFileName) == content;
    }

    private string? FindFault(string modelFileName)
    {
        try
        {
            ArtifactCheck.ReadWhole(id, VersionFolder.FindModel(versionFolder, modelFileName), modelFolder);
            return null;
        }
        catch (ArtifactException exception)
        {
            return exception.Message;
        }
    }

    private void List(FolderContent content, string? fault, ManifestWatch settings)
    {
        listedFault = fault;
        var stamp = content.ToStamp(settings.Settings);
        var reason = settings.Error ?? fault;
        if (Listed is null || Listed.Stamp != stamp || Listed.Error != reason)
        {
            var path = VersionFolder.FindModel(versionFolder, settings.Manifest.ModelFileName);
            Listed = new RepositoryVersion(id, path, modelFolder, stamp, settings.Manifest, reason) { Folder = versionFolder };
        }
    }
}
