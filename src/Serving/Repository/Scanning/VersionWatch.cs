using Krewe.Abstractions.Models;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows one version: what is listed of it changes only when its files have settled and are whole.</summary>
internal sealed class VersionWatch(ModelId id, string modelFolder, string versionFolder, TimeSpan settleTime, TimeProvider time)
{
    // A broken file that nobody touches for so many settle times stays broken.
    private const int GiveUpAfter = 10;

    private readonly StabilityWindow<FolderContent> settling = new(time);
    private (FolderContent Content, string ModelFileName)? examined;
    private string? examinedFault;
    private (FolderContent Content, bool IsWhole) published;
    private string? listedFault;
    private string? listedFolderFault;

    /// <summary>What is listed of it; null while it has not appeared.</summary>
    public RepositoryVersion? Listed { get; private set; }

    /// <summary>Takes what was seen of its folder.</summary>
    /// <param name="content">The folder's content, the ONNX file among it.</param>
    /// <param name="folderFault">What is wrong with the folder itself; null where nothing is.</param>
    /// <param name="settings">The model's settings.</param>
    /// <param name="moment">When it was seen.</param>
    public void Look(FolderContent content, string? folderFault, ManifestWatch settings, ScanMoment moment)
    {
        if (Listed is { } listed && content.ToStamp(listed.Stamp.Settings) == listed.Stamp && folderFault == listedFolderFault)
        {
            settling.Reset();
            List(content, listedFault, settings);
            return;
        }

        var age = settling.Observe(content, content.LastWrite, moment);
        if (age < settleTime && !IsPublished(content))
        {
            return;
        }

        // Ten thousand files are not opened to start; a load looks at its own.
        if (folderFault is not null || moment.IsFirst || CanBeListed(content, age, settings.Manifest.ModelFileName))
        {
            listedFolderFault = folderFault;
            List(content, folderFault ?? (moment.IsFirst ? null : examinedFault), settings);
        }
    }

    /// <summary>What was published came whole, by a rename, and need not settle; what was changed since must.</summary>
    private bool IsPublished(FolderContent content)
    {
        if (content.HasRecord && published.Content != content)
        {
            published = (content, VersionRecord.Read(versionFolder)?.Describes(versionFolder) == true);
        }

        return content.HasRecord && published.IsWhole;
    }

    // Whole, or broken for so long that it is named as such.
    private bool CanBeListed(FolderContent content, TimeSpan age, string modelFileName)
    {
        if (examined != (content, modelFileName))
        {
            examinedFault = FindFault(modelFileName);
            examined = (content, modelFileName);
        }

        // What changed during the look is looked at again when it has settled again.
        return (examinedFault is null || age >= settleTime * GiveUpAfter) && VersionFolder.Look(versionFolder, modelFileName) == content;
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
