using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Why a replica has no answer.</summary>
/// <param name="Code">What kind of failure it is.</param>
/// <param name="Message">The text for the caller.</param>
/// <param name="RetryAfter">When the same call may be worth another try.</param>
/// <param name="TryElsewhere">True where the call did not begin and another replica, or the same one at its next place, may answer.</param>
/// <param name="IsPictureOld">True where the version was taken out for everybody, which the caller's picture does not show yet.</param>
public sealed record ReplicaFault(KreweErrorCode Code, string Message, TimeSpan? RetryAfter, bool TryElsewhere, bool IsPictureOld = false)
{
    /// <summary>The fault of a failed call.</summary>
    public static ReplicaFault Of(KreweException error, bool tryElsewhere = false) => new(error.Code, error.Message, error.RetryAfter, tryElsewhere);

    /// <summary>The same as an exception.</summary>
    public KreweException ToException() => new(Code, Message) { RetryAfter = RetryAfter };
}
