namespace Krewe.Serving.Statistics;

/// <summary>Why a version was unloaded.</summary>
internal enum EvictionReason
{
    /// <summary>Evicted to free memory for another version.</summary>
    Budget,

    /// <summary>Idle for its idle time.</summary>
    Idle,

    /// <summary>Unloaded by an operator.</summary>
    Unload,

    /// <summary>Released by the cluster.</summary>
    Release,

    /// <summary>Its files changed or were removed.</summary>
    Repository,
}
