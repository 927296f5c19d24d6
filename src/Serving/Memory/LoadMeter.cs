namespace Krewe.Serving;

/// <summary>
/// Measures what a load left allocated. Loads that overlap would be measured into each other, so such a one gets an estimate from
/// its file instead; the budget holds the process as a whole against what is really allocated (see <see cref="MemoryBudget"/>).
/// </summary>
internal sealed class LoadMeter(ProcessMemory memory)
{
    private const long SessionOverhead = 128 << 10;

    // What a session takes beyond its allocations: managed objects, and the gaps between small blocks of the heap.
    private const long Unmeasured = 48 << 10;

    // What a session on a device may hold beyond its file, as far as it was seen.
    private const long DeviceOverhead = 4 << 20;
    private long started;
    private int running;

    /// <summary>What a load may take while it is under way: the file as read, and the weights made of it.</summary>
    public static long EstimateLoading(long fileBytes) => (2 * fileBytes) + SessionOverhead;

    /// <summary>What a session may hold once it is loaded.</summary>
    public static long EstimateLoaded(long fileBytes) => fileBytes + (fileBytes / 8) + SessionOverhead;

    /// <summary>
    /// Runs the load and says what it left in the machine's memory. On a device that is next to the session what the provider
    /// loaded for the process and keeps: it is set aside.
    /// </summary>
    public (T Loaded, long Bytes) Measure<T>(long fileBytes, Func<T> load, Func<T, bool> isOnDevice)
    {
        var overlapped = Interlocked.Increment(ref running) > 1;
        var turn = Interlocked.Increment(ref started);
        try
        {
            var before = memory.NativeBytesInUse;
            var loaded = load();
            var left = memory.NativeBytesInUse - before;
            overlapped |= Volatile.Read(ref started) != turn;
            var bytes = overlapped ? EstimateLoaded(fileBytes) : Clamp(left + Unmeasured, fileBytes);
            return (loaded, isOnDevice(loaded) ? WithoutProvider(left, Math.Min(bytes, EstimateLoaded(fileBytes) + DeviceOverhead)) : bytes);
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }

    private long WithoutProvider(long left, long held)
    {
        // Loads that overlap may both see it; set aside twice, it makes the budget less wary, never wrong about its sessions.
        memory.SetAside(Math.Max(0, left - held));
        return held;
    }

    /// <summary>Runs and evictions at the same time leave traces in the reading; a session is never far from its file.</summary>
    private static long Clamp(long measured, long fileBytes) =>
        Math.Clamp(measured, (fileBytes / 2) + (SessionOverhead / 4), (4 * fileBytes) + (64 * SessionOverhead));
}
