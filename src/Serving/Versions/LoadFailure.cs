using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>Why the last load failed, how often in a row, and until when nobody tries again unasked.</summary>
internal sealed record LoadFailure(string Reason, int Count, long RetryAt)
{
    /// <summary>The error for a caller at a given moment.</summary>
    public KreweException ToError(ModelId model, TimeSpan untilRetry) => KreweException.Unavailable(
        $"model '{model.Name}' version '{model.Version}' is not available: {Reason}", untilRetry > TimeSpan.Zero ? untilRetry
            : TimeSpan.FromSeconds(1));
}
