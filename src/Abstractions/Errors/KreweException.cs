namespace Krewe.Abstractions;

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

    /// <summary>There is no such model.</summary>
    public static KreweException ModelNotFound(ModelName name) =>
        new(KreweErrorCode.ModelNotFound, $"Request for unknown model: '{name}' is not found");

    /// <summary>There is no such model; the nearest names of those that there are may be what was meant.</summary>
    public static KreweException ModelNotFound(ModelName name, IEnumerable<ModelName> known) =>
        ModelNotFound(name) is var plain && NearestNames.Find(name.Value, known.Select(other => other.Value)) is { Count: > 0 } nearest
            ? new(KreweErrorCode.ModelNotFound, $"{plain.Message}; did you mean {string.Join(" or ", nearest.Select(other => $"'{other}'"))}?")
            : plain;

    /// <summary>There is no such version of the model.</summary>
    public static KreweException VersionNotFound(ModelReference model) =>
        new(KreweErrorCode.VersionNotFound, $"Request for unknown model: '{model.Name}' version '{model.Version}' is not found");

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
