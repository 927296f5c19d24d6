using System.Collections.Concurrent;
using System.Numerics;
using Krewe.Abstractions.Memory;

namespace Krewe.Abstractions.Buffers;

/// <summary>
/// Pools pinned arrays in power-of-two buckets, each up to <see cref="KeptBytes"/>: 144 MiB in total, less in a small heap. Arrays larger
/// than <see cref="LargestKept"/> are left to the garbage collector.
/// </summary>
internal sealed class PinnedArrayPool
{
    private const int SmallestKept = 256;
    private const int LargestKept = 8 << 20;
    private const int MostKept = 256;
    private static readonly int KeptBytes = (int)Math.Min(16 << 20, MemoryShares.Current.Heap / 128);
    private readonly Bucket[] buckets =
        [.. Enumerable.Range(0, BucketOf(LargestKept) + 1).Select(
            index => new Bucket(Math.Min(MostKept, KeptBytes / (SmallestKept << index))))];

    public static PinnedArrayPool Shared { get; } = new();

    /// <summary>The size of the array that <see cref="Rent"/> gives for a length.</summary>
    public static int SizeOf(int length) => length > LargestKept ? length : SmallestKept << BucketOf(length);

    /// <summary>Rents an array of at least <paramref name="length"/> bytes. It is not cleared.</summary>
    public byte[] Rent(int length)
    {
        if (length > LargestKept)
        {
            return GC.AllocateUninitializedArray<byte>(length, pinned: true);
        }

        var index = BucketOf(length);
        return buckets[index].TryTake() ?? GC.AllocateUninitializedArray<byte>(SmallestKept << index, pinned: true);
    }

    /// <summary>Returns an array obtained from <see cref="Rent"/>.</summary>
    public void Return(byte[] array)
    {
        if (array.Length <= LargestKept)
        {
            buckets[BucketOf(array.Length)].TryAdd(array);
        }
    }

    private static int BucketOf(int length) =>
        BitOperations.Log2((uint)Math.Max(length, SmallestKept) - 1) + 1 - BitOperations.Log2(SmallestKept);

    /// <summary>Lock-free: lowest-priority threads use it too, and a call must not wait for a preempted one.</summary>
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
