using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>Why the last load failed, the number of consecutive failures, and when a call may retry.</summary>
internal sealed record LoadFailure(string Reason, int Count, long RetryAt)
{
    /// <summary>The error for a caller.</summary>
    public KreweException ToError(ModelId model, TimeSpan untilRetry) => KreweException.Unavailable(
        $"model '{model.Name}' version '{model.Version}' is not available: {Reason}", untilRetry > TimeSpan.Zero ? untilRetry
            : TimeSpan.FromSeconds(1));
}
