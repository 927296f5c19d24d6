namespace Krewe.Grains.Interfaces;

/// <summary>Why a silo cannot take a replica.</summary>
internal enum PlacementObstacle
{
    /// <summary>It can.</summary>
    None,

    /// <summary>It takes no new replicas.</summary>
    Draining,

    /// <summary>It cannot serve at present.</summary>
    NotReady,

    /// <summary>Its repository does not have the version.</summary>
    Absent,

    /// <summary>It lacks the execution provider without which the version must not be loaded.</summary>
    NoProvider,

    /// <summary>The artifact is wrong there, or its last load failed: the silo is a last resort.</summary>
    Failed,
}
