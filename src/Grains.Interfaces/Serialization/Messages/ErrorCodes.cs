using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Error codes by number, which travel between nodes.</summary>
internal static class ErrorCodes
{
    /// <summary>The code; one that only a newer node knows is <see cref="KreweErrorCode.Internal"/>.</summary>
    public static KreweErrorCode FromNumber(long number) =>
        number is >= (long)KreweErrorCode.Internal and <= (long)KreweErrorCode.StorageFull ? (KreweErrorCode)number : KreweErrorCode.Internal;
}
