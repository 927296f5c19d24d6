using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>The versions of a model, ascending. Immutable; a change in the repository makes a new one.</summary>
internal sealed record ServedModel(ModelName Name, ImmutableArray<ServedVersion> Versions, string? Error)
{
    /// <summary>The version of this number, or null.</summary>
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
    /// What a caller who names no version gets: the newest that can serve, so that a broken new version does not take the model
    /// down; the newest of all where none can. Null without any version.
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
