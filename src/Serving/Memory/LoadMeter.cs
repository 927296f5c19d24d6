namespace Krewe.Serving.Memory;

/// <summary>
/// Measures the native memory that a load leaves allocated. Overlapping loads cannot be told apart, so they get an estimate from the file
/// size; the budget corrects errors by the total that is really allocated (see <see cref="MemoryBudget"/>).
/// </summary>
internal sealed class LoadMeter(ProcessMemory memory)
{
    private const long SessionOverhead = 128 << 10;

    // Memory of a session outside its allocations: managed objects, and gaps between small heap blocks.
    private const long Unmeasured = 48 << 10;

    // Observed maximum of device memory beyond the file size.
    private const long DeviceOverhead = 4 << 20;
    private int started;
    private int running;

    /// <summary>Estimated peak memory of a load: the file as read, plus the weights built from it.</summary>
    public static long EstimateLoading(long fileBytes) => (2 * fileBytes) + SessionOverhead;

    /// <summary>Estimated memory of a loaded session.</summary>
    public static long EstimateLoaded(long fileBytes) => fileBytes + (fileBytes / 8) + SessionOverhead;

    /// <summary>Call before a load. <see cref="End"/> or <see cref="Cancel"/> must follow, on any thread.</summary>
    public LoadStart Begin()
    {
        var overlaps = Interlocked.Increment(ref running) > 1;
        return new LoadStart(Interlocked.Increment(ref started), overlaps, memory.NativeBytesInUse);
    }

    /// <summary>
    /// The memory that the load left allocated, in bytes. On a device, this includes what the provider allocated for the process and keeps;
    /// that part is excluded and set aside.
    /// </summary>
    public long End(LoadStart load, long fileBytes, bool isOnDevice)
    {
        var left = memory.NativeBytesInUse - load.BytesBefore;
        var overlapped = load.Overlaps || Volatile.Read(ref started) != load.Sequence;
        Interlocked.Decrement(ref running);
        var bytes = overlapped ? EstimateLoaded(fileBytes) : Clamp(left + Unmeasured, fileBytes);
        return isOnDevice ? WithoutProvider(left, Math.Min(bytes, EstimateLoaded(fileBytes) + DeviceOverhead)) : bytes;
    }

    /// <summary>Call if the load failed.</summary>
    public void Cancel() => Interlocked.Decrement(ref running);

    private long WithoutProvider(long left, long held)
    {
        // Overlapping loads may both count it. Setting it aside twice only makes the budget less cautious; the sessions are still counted
        // correctly.
        memory.SetAside(Math.Max(0, left - held));
        return held;
    }

    /// <summary>Concurrent runs and evictions distort the measurement, so it is clamped to a range around the file size.</summary>
    private static long Clamp(long measured, long fileBytes) =>
        Math.Clamp(measured, (fileBytes / 2) + (SessionOverhead / 4), (4 * fileBytes) + (64 * SessionOverhead));
}

/// <summary>A load in progress.</summary>
/// <param name="Sequence">The number of loads started so far, including this one.</param>
/// <param name="Overlaps">True if another load was in progress.</param>
/// <param name="BytesBefore">Native memory allocated before the load, in bytes.</param>
internal readonly record struct LoadStart(int Sequence, bool Overlaps, long BytesBefore);
