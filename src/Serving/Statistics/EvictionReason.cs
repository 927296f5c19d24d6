namespace Krewe.Serving.Statistics;

/// <summary>Why a version left memory.</summary>
internal enum EvictionReason
{
    /// <summary>Another one needed the room.</summary>
    Budget,

    /// <summary>Nobody called it for its idle time.</summary>
    Idle,

    /// <summary>An operator said so.</summary>
    Unload,

    /// <summary>Its cluster needs it here no longer.</summary>
    Release,

    /// <summary>Its files changed or are gone.</summary>
    Repository,
}
