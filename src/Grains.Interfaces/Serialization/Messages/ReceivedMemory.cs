using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Inference;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The memory of all tensors of one received message: given back when the last of its holders has let go.</summary>
public sealed class ReceivedMemory(PooledBuffer? buffer, int holders) : IDisposable
{
    private int holders = holders;

    /// <summary>
    /// Lets go of a request that a grain was called with, once it is answered. One that came over the wire is the grain's; one that
    /// was passed by reference within this process is its caller's, and nothing happens to it.
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
