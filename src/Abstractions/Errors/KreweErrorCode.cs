namespace Krewe.Abstractions.Errors;

/// <summary>Every way a call can fail. Each transport maps this enum once, exhaustively.</summary>
public enum KreweErrorCode
{
    /// <summary>An unexpected error on the server side.</summary>
    Internal,

    /// <summary>The request is invalid; retrying it does not help.</summary>
    InvalidInput,

    /// <summary>The model does not exist.</summary>
    ModelNotFound,

    /// <summary>The model exists; the version or alias does not.</summary>
    VersionNotFound,

    /// <summary>The model or version exists but cannot serve: its load failed, an operator unloaded it, or the host is stopping.</summary>
    Unavailable,

    /// <summary>Rejected because a queue or the memory is full. Retrying later may succeed.</summary>
    Overloaded,

    /// <summary>The caller's deadline passed before the response was ready.</summary>
    DeadlineExceeded,

    /// <summary>The request exceeds a size limit.</summary>
    PayloadTooLarge,

    /// <summary>The caller cancelled the call or disconnected.</summary>
    Cancelled,

    /// <summary>
    /// The request conflicts with the current state: the version exists, a rollout is running. The message says what to do first.
    /// </summary>
    Conflict,

    /// <summary>There is not enough disk space for the upload.</summary>
    StorageFull,
}
