using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>The versions of a model, ascending. Immutable; replaced when the repository changes.</summary>
internal sealed record ServedModel(ModelName Name, ImmutableArray<ServedVersion> Versions, string? Error)
{
    /// <summary>The version with this number, or null.</summary>
    public ServedVersion? Find(ModelVersion version)
    {
        foreach (var served in Versions)
        {
            if (served.Id.Version == version)
            {
                return served;
            }
        }

        return null;
    }

    /// <summary>
    /// The default version for calls that name none: the newest servable one, so that a broken new version does not take the model down;
    /// the newest of all if none is servable. Null without any version.
    /// </summary>
    public ServedVersion? Newest()
    {
        for (var i = Versions.Length - 1; i >= 0; i--)
        {
            if (Versions[i].IsServing || Versions[i].Describe().State is not (VersionState.Failed or VersionState.Unloaded))
            {
                return Versions[i];
            }
        }

        return Versions.IsEmpty ? null : Versions[^1];
    }
}
