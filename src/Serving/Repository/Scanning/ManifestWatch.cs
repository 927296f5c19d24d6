using Krewe.Abstractions.Models;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>Follows the settings of one model; its files are read again only when they have changed and settled.</summary>
internal sealed class ManifestWatch(ModelName name, string modelFolder, StabilityPolicy stability)
{
    private readonly StabilityWindow<ManifestStamp> window = stability.Watch<ManifestStamp>();
    private ManifestStamp taken;

    /// <summary>The current settings; the defaults before the first read and after an <see cref="Error"/>.</summary>
    public ModelManifest Manifest { get; private set; } = ModelManifest.Default;

    /// <summary>What is wrong with the files; null if they are valid.</summary>
    public string? Error { get; private set; }

    /// <summary>The settings in canonical text.</summary>
    public string Settings { get; private set; } = ModelManifest.Default.ToSettingsText();

    /// <summary>True once the settings are known; a new model is not listed before.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>True while the files have changed and not settled.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Applies an observation of the files; they take effect once settled.</summary>
    public void Observe(ManifestStamp stamp, ScanMoment moment)
    {
        if (IsKnown && stamp == taken)
        {
            window.Reset();
            IsPending = false;
            return;
        }

        var isKnownAbsence = !IsKnown && stamp == ManifestStamp.None;
        if (!isKnownAbsence && !window.HasSettled(stamp, stamp.LastWrite, moment))
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
