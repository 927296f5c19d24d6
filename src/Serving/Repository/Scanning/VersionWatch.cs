using Krewe.Abstractions.Models;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Snapshots;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Tracks one version: its listed state changes only when its files have settled and are complete.</summary>
internal sealed class VersionWatch(ModelId id, string modelFolder, string versionFolder, TimeSpan settleTime, TimeProvider time)
{
    // After this many settle times without a change, a broken file is reported as broken.
    private const int GiveUpAfter = 10;

    private readonly StabilityWindow<FolderContent> settling = new(time);
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
            settling.Reset();
            List(content, listedFault, settings);
            return;
        }

        var age = settling.Observe(content, content.LastWrite, moment);
        if (age < settleTime && !IsPublished(content))
        {
            return;
        }

        // Startup does not open thousands of files; each load validates its own.
        if (folderFault is not null || moment.IsFirst || CanBeListed(content, age, settings.Manifest.ModelFileName))
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

    // Complete, or broken for so long that the error is reported.
    private bool CanBeListed(FolderContent content, TimeSpan age, string modelFileName)
    {
        if (examined != (content, modelFileName))
        {
            examinedFault = FindFault(modelFileName);
            examined = (content, modelFileName);
        }

        // If the folder changed during the check, it is checked again after it has settled.
        return (examinedFault is null || age >= settleTime * GiveUpAfter) && VersionFolder.Read(versionFolder, modelFileName) == content;
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
