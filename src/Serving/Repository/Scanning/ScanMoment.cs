namespace Krewe.Serving.Repository.Scanning;

/// <summary>When a look at the repository began.</summary>
/// <param name="Timestamp">From <see cref="TimeProvider.GetTimestamp"/>, to measure by.</param>
/// <param name="UtcNow">To compare with the times of files.</param>
/// <param name="IsFirst">True for the look at start-up.</param>
internal readonly record struct ScanMoment(long Timestamp, DateTimeOffset UtcNow, bool IsFirst);
