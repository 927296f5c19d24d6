namespace Krewe.Abstractions.Memory;

/// <summary>A part of <see cref="CallMemory"/>. What is left to the garbage collector counts until it is collected.</summary>
public sealed class MemoryReservation : IDisposable
{
    private readonly CallMemory memory;
    private long bytes;

    internal MemoryReservation(CallMemory memory) => this.memory = memory;

    ~MemoryReservation() => memory.Return(bytes);

    /// <summary>Reserves more; throws as <see cref="CallMemory.Reserve"/>. On one thread at a time.</summary>
    public void Add(long more)
    {
        memory.Take(more);
        bytes += more;
    }

    /// <summary>Gives a part back. On one thread at a time.</summary>
    public void Remove(long less)
    {
        memory.Return(less);
        bytes -= less;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Return(Interlocked.Exchange(ref bytes, 0));
        GC.SuppressFinalize(this);
    }
}
