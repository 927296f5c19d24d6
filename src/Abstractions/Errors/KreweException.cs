namespace Krewe.Abstractions.Errors;

/// <summary>
/// The only exception type of the domain. The message is written for the caller: it says what was wrong and what was expected, and contains
/// no internals such as paths or stack traces.
/// </summary>
public sealed class KreweException : Exception
{
    /// <summary>Creates an error with a code and a message for the caller.</summary>
    public KreweException(KreweErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>The kind of failure.</summary>
    public KreweErrorCode Code { get; }

    /// <summary>When a retry may succeed; null if unknown.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary><see cref="KreweErrorCode.InvalidInput"/>.</summary>
    public static KreweException InvalidInput(string message, Exception? innerException = null) =>
        new(KreweErrorCode.InvalidInput, message, innerException);

    /// <summary><see cref="KreweErrorCode.Unavailable"/>.</summary>
    public static KreweException Unavailable(string message, TimeSpan? retryAfter = null, Exception? innerException = null) =>
        new(KreweErrorCode.Unavailable, message, innerException) { RetryAfter = retryAfter };

    /// <summary><see cref="KreweErrorCode.Overloaded"/>.</summary>
    public static KreweException Overloaded(string message, TimeSpan retryAfter) =>
        new(KreweErrorCode.Overloaded, message) { RetryAfter = retryAfter };

    /// <summary><see cref="KreweErrorCode.DeadlineExceeded"/>.</summary>
    public static KreweException DeadlineExceeded(string message) => new(KreweErrorCode.DeadlineExceeded, message);

    /// <summary><see cref="KreweErrorCode.PayloadTooLarge"/>.</summary>
    public static KreweException PayloadTooLarge(string message) => new(KreweErrorCode.PayloadTooLarge, message);

    /// <summary><see cref="KreweErrorCode.Conflict"/>.</summary>
    public static KreweException Conflict(string message) => new(KreweErrorCode.Conflict, message);

    /// <summary><see cref="KreweErrorCode.StorageFull"/>.</summary>
    public static KreweException StorageFull(string message, Exception? innerException = null) =>
        new(KreweErrorCode.StorageFull, message, innerException);
}
