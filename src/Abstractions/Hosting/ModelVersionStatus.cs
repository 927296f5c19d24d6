namespace Krewe.Abstractions;

/// <summary>
/// One line of the repository's index. <see cref="Version"/> is null for a model without any version that can be served; the
/// <see cref="Reason"/> is empty but where the state needs one.
/// </summary>
public sealed record ModelVersionStatus(ModelName Name, ModelVersion? Version, VersionState State, string Reason)
{
    /// <summary>True where a call for this version would be answered.</summary>
    public bool IsServable => Version is not null && State is (VersionState.Absent or VersionState.Loading or VersionState.Ready);
}
