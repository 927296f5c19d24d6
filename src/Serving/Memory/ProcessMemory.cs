namespace Krewe.Serving.Memory;

/// <summary>The native memory of this process.</summary>
internal abstract class ProcessMemory
{
    private long setAside;

    /// <summary>Creates the implementation for the C library in use.</summary>
    public static ProcessMemory Create() => GlibcMemory.IsUsable() ? new GlibcMemory() : new PortableMemory();

    /// <summary>Bytes that native code has allocated and not freed.</summary>
    public abstract long NativeBytesInUse { get; }

    /// <summary>
    /// Bytes of <see cref="NativeBytesInUse"/> that belong to no session: allocations that execution providers keep for the process.
    /// </summary>
    public long BytesSetAside => Interlocked.Read(ref setAside);

    /// <summary>Resident memory of the process, in bytes.</summary>
    public abstract long ResidentBytes { get; }

    /// <summary>From now on counts these bytes as belonging to the process, not to a session.</summary>
    public void SetAside(long bytes) => Interlocked.Add(ref setAside, bytes);

    /// <summary>Returns memory that native code has freed to the operating system.</summary>
    public abstract void ReturnFreeMemory();
}

/// <summary>
/// For C libraries without statistics: resident memory minus the managed heap. Freed memory is returned when that library decides.
/// </summary>
internal sealed class PortableMemory : ProcessMemory
{
    public override long NativeBytesInUse => Math.Max(0, ResidentBytes - GC.GetGCMemoryInfo().TotalCommittedBytes);

    public override long ResidentBytes => Environment.WorkingSet;

    public override void ReturnFreeMemory()
    {
    }
}
