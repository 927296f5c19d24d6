namespace Krewe.Abstractions.Errors;

/// <summary>
/// The one exception of the domain. Its message is written for the caller: it names what was wrong and what was expected, and
/// never holds internals such as paths or stack traces.
/// </summary>
public sealed class KreweException : Exception
{
    /// <summary>Makes an error of a code and a message for the caller.</summary>
    public KreweException(KreweErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>What kind of failure this is.</summary>
    public KreweErrorCode Code { get; }

    /// <summary>When the same call may be worth another try; null where nothing is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The caller's input is wrong.</summary>
    public static KreweException InvalidInput(string message, Exception? innerException = null) =>
        new(KreweErrorCode.InvalidInput, message, innerException);

    /// <summary>The model is there and cannot serve.</summary>
    public static KreweException Unavailable(string message, TimeSpan? retryAfter = null, Exception? innerException = null) =>
        new(KreweErrorCode.Unavailable, message, innerException) { RetryAfter = retryAfter };

    /// <summary>Refused for load.</summary>
    public static KreweException Overloaded(string message, TimeSpan retryAfter) =>
        new(KreweErrorCode.Overloaded, message) { RetryAfter = retryAfter };

    /// <summary>The deadline passed.</summary>
    public static KreweException DeadlineExceeded(string message) => new(KreweErrorCode.DeadlineExceeded, message);

    /// <summary>A limit on size was passed.</summary>
    public static KreweException PayloadTooLarge(string message) => new(KreweErrorCode.PayloadTooLarge, message);

    /// <summary>What is asked for contradicts what is there.</summary>
    public static KreweException Conflict(string message) => new(KreweErrorCode.Conflict, message);

    /// <summary>There is no room on disk.</summary>
    public static KreweException StorageFull(string message, Exception? innerException = null) =>
        new(KreweErrorCode.StorageFull, message, innerException);
}
