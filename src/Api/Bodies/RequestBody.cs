using Krewe.Abstractions.Buffers;

namespace Krewe.Api.Bodies;

/// <summary>
/// A complete, decompressed request body in contiguous memory. Disposing returns the memory to the pool: slices must not outlive it.
/// </summary>
internal sealed class RequestBody(PooledBuffer? buffer, int offset, int length, BodyBudget? budget = null, long taken = 0) : IDisposable
{
    private long taken = taken;

    /// <summary>An empty body.</summary>
    public static RequestBody Empty { get; } = new(null, 0, 0);

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => buffer is null ? default : buffer.Memory.Slice(offset, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        buffer?.Dispose();
        if (budget is not null)
        {
            budget.Return(Interlocked.Exchange(ref taken, 0));
        }
    }
}
