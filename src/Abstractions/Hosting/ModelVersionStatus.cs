using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>
/// One entry of the repository index. <see cref="Version"/> is null for a model without a servable version; <see cref="Reason"/> is empty
/// unless the state needs one.
/// </summary>
public sealed record ModelVersionStatus(ModelName Name, ModelVersion? Version, VersionState State, string Reason)
{
    /// <summary>True if a call to this version would be answered.</summary>
    public bool IsServable => Version is not null && State is (VersionState.Absent or VersionState.Loading or VersionState.Ready);
}

/// <summary>The lifecycle state of a version.</summary>
public enum VersionState
{
    /// <summary>In the repository, not in memory; the next call loads it.</summary>
    Absent,

    /// <summary>Being loaded and warmed up.</summary>
    Loading,

    /// <summary>In memory and answering calls.</summary>
    Ready,

    /// <summary>Finishing accepted calls and accepting no new ones, then unloaded.</summary>
    Draining,

    /// <summary>Its artifact or settings are invalid, or its last load failed.</summary>
    Failed,

    /// <summary>Unloaded by an operator until loaded explicitly.</summary>
    Unloaded,
}
