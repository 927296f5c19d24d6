using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Parses a JSON number into an integer of at most 18 digits and a power of ten. Reads eight digits at once: a loop over the digits
/// mispredicts a branch per number, because lengths vary.
/// </summary>
internal static class DecimalScanner
{
    /// <summary>Exponents are clamped to this: beyond it, no type holds the number.</summary>
    private const int ExponentBound = 100_000;

    private static readonly ulong[] PowersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>Bytes that <see cref="TryScanShort"/> may read.</summary>
    private const int Window = 40;

    /// <summary>
    /// Parses the number at <paramref name="position"/> and advances it; false if there is none. Digits beyond 18 are dropped and set
    /// <see cref="DecimalNumber.IsTruncated"/>.
    /// </summary>
    public static bool TryScan(ReadOnlySpan<byte> json, ref int position, out DecimalNumber number)
    {
        var length = TryScanShort(json, position, out number);
        position += length;
        return length > 0 || TryScanAny(json, ref position, out number);
    }

    /// <summary>
    /// Fast path for the common form: up to 8 integer digits, 18 digits in total, no exponent.
    /// Returns the length, or 0 if the number has another form or is missing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TryScanShort(ReadOnlySpan<byte> json, int position, out DecimalNumber number)
    {
        const int MaxIntegerDigits = 8;
        number = default;
        if ((uint)position > (uint)json.Length || json.Length - position < Window)
        {
            return 0;
        }

        ref var start = ref Unsafe.Add(ref MemoryMarshal.GetReference(json), position);

        // A branch, not arithmetic: with a predicted branch, reading the first digit does not wait for the sign.
        var at = 0;
        var negative = false;
        if (start == '-')
        {
            at = 1;
            negative = true;
        }

        ulong mantissa = (uint)Unsafe.Add(ref start, at++) - '0';
        var digit = (uint)Unsafe.Add(ref start, at) - '0';
        if (mantissa > 9 || (mantissa == 0 && digit <= 9))
        {
            return 0;
        }

        for (; digit <= 9; digit = (uint)Unsafe.Add(ref start, at) - '0')
        {
            if (at > MaxIntegerDigits)
            {
                return 0;
            }

            mantissa = (mantissa * 10) + digit;
            at++;
        }

        var exponent = 0;
        if (Unsafe.Add(ref start, at) == '.')
        {
            at++;
            exponent = ReadFraction(ref Unsafe.Add(ref start, at), ref mantissa);
            at -= exponent;
            if (exponent == 0)
            {
                return 0;
            }
        }

        // 18 digits and a point.
        if (at - (negative ? 1 : 0) > DecimalNumber.MaxDigits + 1 || (Unsafe.Add(ref start, at) | 0x20) == 'e')
        {
            return 0;
        }

        number = new DecimalNumber(mantissa, exponent, negative, isTruncated: false);
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadFraction(ref byte start, ref ulong mantissa)
    {
        var count = ReadEight(LittleEndian(ref start), out var value);
        mantissa = (mantissa * PowersOfTen[count]) + value;
        if (count < sizeof(ulong))
        {
            return -count;
        }

        count = ReadEight(LittleEndian(ref Unsafe.Add(ref start, sizeof(ulong))), out value);
        mantissa = (mantissa * PowersOfTen[count]) + value;
        if (count < sizeof(ulong))
        {
            return -sizeof(ulong) - count;
        }

        count = ReadEight(LittleEndian(ref Unsafe.Add(ref start, 2 * sizeof(ulong))), out value);
        mantissa = (mantissa * PowersOfTen[count]) + value;
        return (-2 * sizeof(ulong)) - count;
    }

    private static ulong LittleEndian(ref byte start)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref start);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    private static bool TryScanAny(ReadOnlySpan<byte> json, ref int position, out DecimalNumber number)
    {
        var at = position;
        var negative = (uint)at < (uint)json.Length && json[at] == '-';
        at += negative ? 1 : 0;
        var start = at;
        ulong mantissa = 0;
        ReadDigits(json, ref at, ref mantissa);
        var digits = at - start;
        number = default;
        if (digits == 0 || (digits > 1 && json[start] == '0'))
        {
            return false;
        }

        var exponent = 0;
        if ((uint)at < (uint)json.Length && json[at] == '.')
        {
            var fraction = ++at;
            ReadDigits(json, ref at, ref mantissa);
            exponent = fraction - at;
            digits -= exponent;
            if (exponent == 0)
            {
                return false;
            }
        }

        var truncated = digits > DecimalNumber.MaxDigits && Reread(json[start..at], out mantissa, out exponent);
        if ((uint)at < (uint)json.Length && (json[at] | 0x20) == 'e' && !TryReadExponent(json, ref at, ref exponent))
        {
            return false;
        }

        position = at;
        number = new DecimalNumber(mantissa, exponent, negative, truncated);
        return true;
    }

    private static void ReadDigits(ReadOnlySpan<byte> json, ref int at, ref ulong mantissa)
    {
        while (at <= json.Length - sizeof(ulong))
        {
            var count = ReadEight(BinaryPrimitives.ReadUInt64LittleEndian(json[at..]), out var value);
            at += count;
            mantissa = (mantissa * PowersOfTen[count]) + value;
            if (count < sizeof(ulong))
            {
                return;
            }
        }

        uint digit;
        while ((uint)at < (uint)json.Length && (digit = (uint)json[at] - '0') <= 9)
        {
            mantissa = (mantissa * 10) + digit;
            at++;
        }
    }

    /// <summary>The leading digits of eight characters (the first in the lowest byte): count and value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadEight(ulong characters, out ulong value)
    {
        var digits = characters ^ 0x3030_3030_3030_3030;

        // The high bit of each byte that is not a digit; a carry affects only bytes after the first of those.
        var others = ((digits + 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
        var count = BitOperations.TrailingZeroCount(others) >> 3;

        // Shift the digits to the end with leading zeros, then combine neighbours: 8 of one digit, 4 of two, 2 of four.
        // Two shifts, because a shift by 64 is a no-op.
        var half = 32 - (count * 4);
        digits = digits << half << half;
        digits = (digits * 10) + (digits >> 8);
        const ulong Pairs = 0x0000_00FF_0000_00FF;
        value = (((digits & Pairs) * (100 + (1_000_000UL << 32))) + (((digits >> 16) & Pairs) * (1 + (10_000UL << 32)))) >> 32;
        return count;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> json, ref int at, ref int exponent)
    {
        at++;
        var negative = (uint)at < (uint)json.Length && json[at] == '-';
        at += negative || ((uint)at < (uint)json.Length && json[at] == '+') ? 1 : 0;
        var start = at;
        var written = 0;
        uint digit;
        while ((uint)at < (uint)json.Length && (digit = (uint)json[at] - '0') <= 9)
        {
            written = Math.Min((written * 10) + (int)digit, ExponentBound);
            at++;
        }

        exponent += negative ? -written : written;
        return at > start;
    }

    /// <summary>
    /// Reads digit by digit, skipping leading zeros and dropping digits after the 18th; true if nonzero ones were dropped.
    /// </summary>
    private static bool Reread(ReadOnlySpan<byte> text, out ulong mantissa, out int exponent)
    {
        (mantissa, exponent) = (0, 0);
        var (kept, truncated, inFraction) = (0, false, false);
        foreach (var c in text)
        {
            if (c == '.')
            {
                inFraction = true;
                continue;
            }

            var keep = kept < DecimalNumber.MaxDigits;
            mantissa = keep ? (mantissa * 10) + c - '0' : mantissa;
            kept += keep && mantissa > 0 ? 1 : 0;
            truncated |= !keep && c != '0';
            exponent += keep ? (inFraction ? -1 : 0) : (inFraction ? 0 : 1);
        }

        return truncated;
    }
}
