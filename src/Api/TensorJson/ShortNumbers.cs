using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Reads arrays of numbers without exponents by vectors. The commas are found first, so that no number waits for the length of the one
/// before it, and no branch depends on a sign or a length. What it does not take is left to <see cref="DecimalScanner"/>.
/// </summary>
internal static class ShortNumbers
{
    private const int Block = 64;

    /// <summary>18 digits and a point.</summary>
    private const int MaxLength = DecimalNumber.MaxDigits + 1;

    /// <summary>Before the end of a number, two vectors are read.</summary>
    private const int Before = 2 * Part.Size;

    /// <summary>
    /// Reads numbers that are followed by a comma, until <paramref name="values"/> is full or there is something else. Returns how many,
    /// and advances the position beyond the comma of the last one.
    /// </summary>
    public static int Read<T, TElement>(ReadOnlySpan<byte> json, ref int position, Span<T> values)
        where T : unmanaged
        where TElement : struct, IJsonElement<T>
    {
        if (!Avx2.IsSupported || position < Before)
        {
            return 0;
        }

        ref var origin = ref MemoryMarshal.GetReference(json);
        ref var first = ref MemoryMarshal.GetReference(values);
        nint start = position;
        var count = 0;
        for (var block = start; json.Length - block >= Block && count < values.Length; block += Block)
        {
            for (var commas = Commas(ref Unsafe.Add(ref origin, block)); commas != 0 && count < values.Length; commas &= commas - 1)
            {
                var end = block + BitOperations.TrailingZeroCount(commas);
                if (!TryParse(ref Unsafe.Add(ref origin, start), ref Unsafe.Add(ref origin, end), out var number)
                    || !TElement.TryConvert(number, out Unsafe.Add(ref first, count)))
                {
                    position = (int)start;
                    return count;
                }

                start = end + 1;
                count++;
            }
        }

        position = (int)start;
        return count;
    }

    /// <summary>A bit for each of 64 bytes that is a comma.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Commas(ref byte block)
    {
        var comma = Vector256.Create((byte)',');
        var low = Vector256.Equals(Vector256.LoadUnsafe(ref block), comma).ExtractMostSignificantBits();
        var high = Vector256.Equals(Vector256.LoadUnsafe(ref block, (nuint)Vector256<byte>.Count), comma).ExtractMostSignificantBits();
        return low | ((ulong)high << Vector256<byte>.Count);
    }

    /// <summary>
    /// Parses the number that fills the bytes from <paramref name="start"/> to <paramref name="end"/>, after at most one space.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryParse(ref byte start, ref byte end, out DecimalNumber number)
    {
        start = ref Unsafe.Add(ref start, start == ' ' ? 1 : 0);
        var isNegative = start == '-';
        start = ref Unsafe.Add(ref start, isNegative ? 1 : 0);
        var length = (int)Unsafe.ByteOffset(ref start, ref end);
        number = default;
        if ((uint)(length - 1) >= MaxLength)
        {
            return false;
        }

        // No leading zero before another digit, no point at either end.
        var head = Unsafe.ReadUnaligned<ushort>(ref start);
        var isWrong = ((head & 0xF0FF) == 0x3030 & length > 1) | (byte)head == '.' | Unsafe.Add(ref end, -1) == '.';
        if (length <= Part.Size)
        {
            var part = new Part(ref Unsafe.Add(ref end, -Part.Size), length);
            number = new DecimalNumber(part.Value, part.Exponent, isNegative, isTruncated: false);
            return !(isWrong | part.IsWrong);
        }

        var tail = new Part(ref Unsafe.Add(ref end, -Part.Size), Part.Size);
        var front = new Part(ref Unsafe.Add(ref end, -2 * Part.Size), length - Part.Size);
        var exponent = front.HasPoint ? front.Exponent - Part.Size : tail.Exponent;
        number = new DecimalNumber(
            (front.Value * (tail.HasPoint ? 1_000_000_000_000_000UL : 10_000_000_000_000_000UL)) + tail.Value, exponent, isNegative,
            isTruncated: false);
        return !(isWrong | front.IsWrong | tail.IsWrong | front.HasPoint == tail.HasPoint);
    }

    /// <summary>The last bytes of a vector: digits with at most one decimal point.</summary>
    private readonly ref struct Part
    {
        public const int Size = 16;

        /// <summary>The vector at n keeps the last n bytes.</summary>
        private static ReadOnlySpan<byte> Masks =>
        [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        ];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Part(ref byte start, int length)
        {
            var text = Vector128.LoadUnsafe(ref start);
            var kept = LastBytes(length);
            var points = (Vector128.Equals(text, Vector128.Create((byte)'.')) & kept).ExtractMostSignificantBits();

            // 16 if there is no point.
            var decimals = BitOperations.LeadingZeroCount(points) - Size;
            var digits = (text - Vector128.Create((byte)'0')) & kept;
            digits = Vector128.ConditionalSelect(LastBytes(decimals), digits, Sse2.ShiftLeftLogical128BitLane(digits, 1));
            IsWrong = Vector128.GreaterThanAny(digits, Vector128.Create((byte)9));
            Exponent = -(decimals & (Size - 1));
            HasPoint = decimals < Size;

            // Neighbours are combined: 8 numbers of two digits, 4 of four, 2 of eight.
            var pairs = Ssse3.MultiplyAddAdjacent(digits, Vector128.Create((short)(10 | (1 << 8))).AsSByte());
            var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(100 | (1 << 16)).AsInt16());
            var packed = Sse41.PackUnsignedSaturate(fours, fours).AsInt16();
            var eights = Sse2.MultiplyAddAdjacent(packed, Vector128.Create(10_000 | (1 << 16)).AsInt16()).AsUInt64().ToScalar();
            Value = ((uint)eights * 100_000_000UL) + (eights >> 32);
        }

        public ulong Value { get; }

        /// <summary>The power of ten, if the point is in this part; 0 if not.</summary>
        public int Exponent { get; }

        public bool HasPoint { get; }

        /// <summary>True if there is anything else.</summary>
        public bool IsWrong { get; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> LastBytes(int count) =>
            Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(uint)count);
    }
}
