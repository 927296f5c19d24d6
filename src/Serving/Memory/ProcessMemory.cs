namespace Krewe.Serving.Memory;

/// <summary>What this process holds of the machine's memory, as far as sessions matter.</summary>
internal abstract class ProcessMemory
{
    private long setAside;

    /// <summary>The way that fits the C library this process runs on.</summary>
    public static ProcessMemory Create() => GlibcMemory.IsUsable() ? new GlibcMemory() : new PortableMemory();

    /// <summary>Bytes native code has allocated and not freed.</summary>
    public abstract long NativeBytesInUse { get; }

    /// <summary>Bytes of <see cref="NativeBytesInUse"/> that belong to no session: what execution providers keep for the process.</summary>
    public long BytesSetAside => Interlocked.Read(ref setAside);

    /// <summary>Bytes of the process in physical memory.</summary>
    public abstract long ResidentBytes { get; }

    /// <summary>Counts bytes in use as the process's own from now on.</summary>
    public void SetAside(long bytes) => Interlocked.Add(ref setAside, bytes);

    /// <summary>Gives memory that native code has freed back to the operating system.</summary>
    public abstract void ReturnFreeMemory();
}

/// <summary>
/// Where the C library tells nothing: the process without the managed heap. Freed memory goes back as that library decides.
/// </summary>
internal sealed class PortableMemory : ProcessMemory
{
    public override long NativeBytesInUse => Math.Max(0, ResidentBytes - GC.GetGCMemoryInfo().TotalCommittedBytes);

    public override long ResidentBytes => Environment.WorkingSet;

    public override void ReturnFreeMemory()
    {
    }
}
