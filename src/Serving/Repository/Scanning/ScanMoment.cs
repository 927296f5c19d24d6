namespace Krewe.Serving.Repository.Scanning;

/// <summary>When a scan of the repository began.</summary>
/// <param name="Timestamp">From <see cref="TimeProvider.GetTimestamp"/>, for measuring.</param>
/// <param name="UtcNow">For comparing with file times.</param>
/// <param name="IsFirst">True for the scan at startup.</param>
internal readonly record struct ScanMoment(long Timestamp, DateTimeOffset UtcNow, bool IsFirst);
