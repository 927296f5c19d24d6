using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>
/// One line of the repository's index. <see cref="Version"/> is null for a model without any version that can be served; the
/// <see cref="Reason"/> is empty but where the state needs one.
/// </summary>
public sealed record ModelVersionStatus(ModelName Name, ModelVersion? Version, VersionState State, string Reason)
{
    /// <summary>True where a call for this version would be answered.</summary>
    public bool IsServable => Version is not null && State is (VersionState.Absent or VersionState.Loading or VersionState.Ready);
}

/// <summary>Where a version is in its life.</summary>
public enum VersionState
{
    /// <summary>In the repository, not in memory; the next call loads it.</summary>
    Absent,

    /// <summary>Being loaded and warmed up.</summary>
    Loading,

    /// <summary>In memory, answering.</summary>
    Ready,

    /// <summary>Answering what it accepted, taking nothing new, then gone.</summary>
    Draining,

    /// <summary>Its artifact or settings are wrong, or its last load failed.</summary>
    Failed,

    /// <summary>Taken out by an operator until loaded explicitly.</summary>
    Unloaded,
}
