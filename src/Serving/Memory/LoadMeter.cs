namespace Krewe.Serving.Memory;

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
    private int started;
    private int running;

    /// <summary>What a load may take while it is under way: the file as read, and the weights made of it.</summary>
    public static long EstimateLoading(long fileBytes) => (2 * fileBytes) + SessionOverhead;

    /// <summary>What a session may hold once it is loaded.</summary>
    public static long EstimateLoaded(long fileBytes) => fileBytes + (fileBytes / 8) + SessionOverhead;

    /// <summary>Before a load. <see cref="End"/> or <see cref="Cancel"/> follows, on any thread.</summary>
    public LoadStart Begin()
    {
        var overlaps = Interlocked.Increment(ref running) > 1;
        return new LoadStart(Interlocked.Increment(ref started), overlaps, memory.NativeBytesInUse);
    }

    /// <summary>
    /// What the load left in the machine's memory, in bytes. On a device that is next to the session what the provider loaded for
    /// the process and keeps: it is set aside.
    /// </summary>
    public long End(LoadStart load, long fileBytes, bool isOnDevice)
    {
        var left = memory.NativeBytesInUse - load.BytesBefore;
        var overlapped = load.Overlaps || Volatile.Read(ref started) != load.Turn;
        Interlocked.Decrement(ref running);
        var bytes = overlapped ? EstimateLoaded(fileBytes) : Clamp(left + Unmeasured, fileBytes);
        return isOnDevice ? WithoutProvider(left, Math.Min(bytes, EstimateLoaded(fileBytes) + DeviceOverhead)) : bytes;
    }

    /// <summary>The load failed.</summary>
    public void Cancel() => Interlocked.Decrement(ref running);

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

/// <summary>A load under way, as <see cref="LoadMeter"/> saw it begin.</summary>
/// <param name="Turn">Loads that had begun, this one among them.</param>
/// <param name="Overlaps">Another one was under way.</param>
/// <param name="BytesBefore">What native code had allocated, in bytes.</param>
internal readonly record struct LoadStart(int Turn, bool Overlaps, long BytesBefore);
