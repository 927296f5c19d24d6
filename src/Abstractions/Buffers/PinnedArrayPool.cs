using System.Numerics;

namespace Krewe.Abstractions;

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
        [.. Enumerable.Range(0, BucketOf(LargestKept) + 1).Select(index => new Bucket(Math.Min(MostKept, KeptBytes / (SmallestKept << index))))];

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

    private static int BucketOf(int length) => BitOperations.Log2((uint)Math.Max(length, SmallestKept) - 1) + 1 - BitOperations.Log2(SmallestKept);

    private sealed class Bucket(int capacity)
    {
        private readonly Lock gate = new();
        private readonly byte[]?[] arrays = new byte[capacity][];
        private int count;

        public byte[]? TryTake()
        {
            lock (gate)
            {
                if (count == 0)
                {
                    return null;
                }

                var array = arrays[--count];
                arrays[count] = null;
                return array;
            }
        }

        public void TryAdd(byte[] array)
        {
            lock (gate)
            {
                if (count < arrays.Length)
                {
                    arrays[count++] = array;
                }
            }
        }
    }
}
