using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The reference-counted memory of all tensors of one received message.</summary>
public sealed class ReceivedMemory(PooledBuffer? buffer, int holders) : IDisposable
{
    private int holders = holders;

    /// <summary>
    /// Releases a grain call's request once it is answered. A request from the wire is owned by the grain; one passed by reference within
    /// this process belongs to its caller and is left alone.
    /// </summary>
    public static void Release(InferenceRequest request)
    {
        if (request.Owner is ReceivedMemory)
        {
            request.Dispose();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            buffer?.Dispose();
        }
    }
}
