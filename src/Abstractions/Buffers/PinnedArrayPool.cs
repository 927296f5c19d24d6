using System.Collections.Concurrent;
using System.Numerics;

namespace Krewe.Abstractions.Buffers;

/// <summary>
/// Keeps pinned arrays for use again, by powers of two, each size up to <see cref="KeptBytes"/>: 144 MiB in all at the most.
/// What is larger than <see cref="LargestKept"/> is left to the garbage collector.
/// </summary>
internal sealed class PinnedArrayPool
{
    private const int SmallestKept = 256;
    private const int LargestKept = 8 << 20;
    private const int KeptBytes = 16 << 20;
    private const int MostKept = 256;
    private readonly Bucket[] buckets =
        [.. Enumerable.Range(0, BucketOf(LargestKept) + 1).Select(
            index => new Bucket(Math.Min(MostKept, KeptBytes / (SmallestKept << index))))];

    public static PinnedArrayPool Shared { get; } = new();

    /// <summary>An array of at least so many bytes, not cleared.</summary>
    public byte[] Rent(int length)
    {
        if (length > LargestKept)
        {
            return GC.AllocateUninitializedArray<byte>(length, pinned: true);
        }

        var index = BucketOf(length);
        return buckets[index].TryTake() ?? GC.AllocateUninitializedArray<byte>(SmallestKept << index, pinned: true);
    }

    /// <summary>Takes an array back that <see cref="Rent"/> gave.</summary>
    public void Return(byte[] array)
    {
        if (array.Length <= LargestKept)
        {
            buckets[BucketOf(array.Length)].TryAdd(array);
        }
    }

    private static int BucketOf(int length) =>
        BitOperations.Log2((uint)Math.Max(length, SmallestKept) - 1) + 1 - BitOperations.Log2(SmallestKept);

    /// <summary>Lock-free: threads of the lowest priority use it too, and no call must wait for one that is preempted.</summary>
    private sealed class Bucket(int capacity)
    {
        private readonly ConcurrentStack<byte[]> arrays = new();
        private int count;

        public byte[]? TryTake()
        {
            if (!arrays.TryPop(out var array))
            {
                return null;
            }

            Interlocked.Decrement(ref count);
            return array;
        }

        public void TryAdd(byte[] array)
        {
            if (Interlocked.Increment(ref count) <= capacity)
            {
                arrays.Push(array);
            }
            else
            {
                Interlocked.Decrement(ref count);
            }
        }
    }
}
