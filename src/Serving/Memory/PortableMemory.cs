namespace Krewe.Serving;

/// <summary>Where the C library tells nothing: the process without the managed heap. Freed memory goes back as that library decides.</summary>
internal sealed class PortableMemory : ProcessMemory
{
    public override long NativeBytesInUse => Math.Max(0, ResidentBytes - GC.GetGCMemoryInfo().TotalCommittedBytes);

    public override long ResidentBytes => Environment.WorkingSet;

    public override void ReturnFreeMemory()
    {
    }
}
