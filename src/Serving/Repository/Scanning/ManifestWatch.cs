using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows the settings of one model; its files are read again only when they have changed and settled.</summary>
internal sealed class ManifestWatch(ModelName name, string modelFolder, TimeSpan settleTime, TimeProvider time)
{
    private readonly StabilityWindow<ManifestStamp> settling = new(time);
    private ManifestStamp taken;

    /// <summary>The settings in force; the default ones until there are others, and where there is an <see cref="Error"/>.</summary>
    public ModelManifest Manifest { get; private set; } = ModelManifest.Default;

    /// <summary>What is wrong with the files; null where nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>The settings in canonical text.</summary>
    public string Settings { get; private set; } = ModelManifest.Default.ToSettingsText();

    /// <summary>True once the settings are known; a new model waits for that.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>True while the files have changed and not settled.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Takes what was seen of the files; when they have settled, they are in force.</summary>
    public void Look(ManifestStamp stamp, ScanMoment moment)
    {
        if (IsKnown && stamp == taken)
        {
            settling.Reset();
            IsPending = false;
            return;
        }

        var isKnownAbsence = !IsKnown && stamp == ManifestStamp.None;
        if (!isKnownAbsence && settling.Observe(stamp, stamp.LastWrite, moment) < settleTime)
        {
            IsPending = true;
            return;
        }

        Take(stamp == ManifestStamp.None);
        (taken, IsKnown, IsPending) = (stamp, true, false);
    }

    private void Take(bool isAbsent)
    {
        try
        {
            (Manifest, Error) = (isAbsent ? ModelManifest.Default : ManifestFiles.Read(modelFolder, name.Value), null);
            Settings = Manifest.ToSettingsText();
        }
        catch (ManifestException exception)
        {
            (Manifest, Error) = (ModelManifest.Default, $"{name}/{exception.Message}");
            Settings = Error;
        }
    }
}
