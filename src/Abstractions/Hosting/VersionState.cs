namespace Krewe.Abstractions;

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
