namespace Krewe.Abstractions.Errors;

/// <summary>Every way a call can fail. Each transport maps this enum once, exhaustively.</summary>
public enum KreweErrorCode
{
    /// <summary>Something unexpected went wrong on our side.</summary>
    Internal,

    /// <summary>What the caller sent cannot be right, now or later.</summary>
    InvalidInput,

    /// <summary>There is no such model.</summary>
    ModelNotFound,

    /// <summary>The model is there, the version or alias is not.</summary>
    VersionNotFound,

    /// <summary>
    /// The model or version is there and cannot serve: its load failed, an operator unloaded it, or the host is stopping.
    /// </summary>
    Unavailable,

    /// <summary>Refused for load: a queue or the memory is full. The same call may succeed later.</summary>
    Overloaded,

    /// <summary>The caller's deadline passed before the answer was there.</summary>
    DeadlineExceeded,

    /// <summary>The request is larger than a limit allows.</summary>
    PayloadTooLarge,

    /// <summary>The caller went away.</summary>
    Cancelled,

    /// <summary>
    /// What is asked for contradicts what is there: a version that exists, a rollout that runs. The text says what to do first.
    /// </summary>
    Conflict,

    /// <summary>There is no room on disk for what was sent.</summary>
    StorageFull,
}
