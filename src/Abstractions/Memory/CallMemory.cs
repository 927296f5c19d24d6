using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Memory;

/// <summary>
/// Accounts for the memory of calls under way before it is allocated: bodies, tensors, outputs, messages. Small buffers are not counted, so
/// that calls of small models share no counter; the limit of connections bounds them.
/// </summary>
/// <param name="limit">The most that may be held, in bytes.</param>
/// <param name="holders">What holds it, for errors.</param>
public sealed class CallMemory(long limit, string holders = "calls")
{
    /// <summary>Buffers up to this size are not counted.</summary>
    public const int Uncounted = 16 << 10;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private long used;
    private long refused;

    /// <summary>The instance of this process.</summary>
    public static CallMemory Shared { get; } = new(MemoryShares.Current.Calls);

    /// <summary>Memory for the intermediate values of runs.</summary>
    public static CallMemory Runs { get; } = new(MemoryShares.Current.Runs, "runs");

    /// <summary>The most that may be held, in bytes.</summary>
    public long Limit => limit;

    /// <summary>What is held, in bytes.</summary>
    public long Used => Volatile.Read(ref used);

    /// <summary>The number of refusals.</summary>
    public long Refused => Volatile.Read(ref refused);

    /// <summary>
    /// Reserves memory until the result is disposed, or collected with what holds it; null for little. Throws
    /// <see cref="KreweErrorCode.Overloaded"/> if there is too little.
    /// </summary>
    public MemoryReservation? Reserve(long bytes)
    {
        if (bytes <= Uncounted)
        {
            return null;
        }

        var reservation = new MemoryReservation(this);
        reservation.Add(bytes);
        return reservation;
    }

    internal void Take(long bytes)
    {
        if (Interlocked.Add(ref used, bytes) > limit)
        {
            Return(bytes);
            Interlocked.Increment(ref refused);
            throw KreweException.Overloaded(
                $"the {holders} under way hold {ErrorText.Bytes(Used)} of memory, and this one needs {ErrorText.Bytes(bytes)} more: at "
                    + "most "
                    + $"{ErrorText.Bytes(limit)} are for {holders}; " + (bytes > limit ? "send less" : "try again later"),
                RetryAfter);
        }
    }

    internal void Return(long bytes) => Interlocked.Add(ref used, -bytes);
}
