using System.Numerics;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Rounds a decimal to the nearest double by one 64 by 128 bit product, after Lemire's "Number Parsing at a Gigabyte per Second"
/// (2021). Declines uncertain cases, which the library then handles: near a half-way point, outside the table, subnormal numbers.
/// </summary>
internal static class EiselLemire
{
    private const int MaxPower = 64;

    /// <summary>The top 128 bits of 5^q for q from -64 to 64, truncated.</summary>
    private static readonly UInt128[] Fives = [.. Enumerable.Range(-MaxPower, (2 * MaxPower) + 1).Select(TopBitsOfFive)];

    /// <summary>Succeeds if the rounding is certain.</summary>
    public static bool TryRound(DecimalNumber number, out double value)
    {
        value = 0;
        if (number.IsTruncated || number.Mantissa == 0 || number.Exponent is < -MaxPower or > MaxPower)
        {
            return false;
        }

        var zeros = BitOperations.LeadingZeroCount(number.Mantissa);
        var five = Fives[number.Exponent + MaxPower];
        var high = Math.BigMul(number.Mantissa << zeros, (ulong)(five >> 64), out var low);
        var carry = Math.BigMul(number.Mantissa << zeros, (ulong)five, out _);
        low += carry;
        high += low < carry ? 1UL : 0;

        // The highest bit of the product is bit 127 or 126; a double keeps 53.
        var first = (int)(high >> 63);
        var dropped = 10 + first;
        var rest = high & ((1UL << dropped) - 1);
        var half = 1UL << (dropped - 1);
        if ((rest == half && low <= 4) || (rest == half - 1 && low >= ulong.MaxValue - 4))
        {
            return false;
        }

        // 217706 / 2^16 approximates log2(10) closely enough for all powers in the table.
        var power = ((217706 * number.Exponent) >> 16) + 63 - zeros + first;
        var kept = (high >> dropped) + (rest >= half ? 1UL : 0);
        var bits = ((ulong)(power + 1022) << 52) + kept;
        value = BitConverter.UInt64BitsToDouble(number.IsNegative ? bits | (1UL << 63) : bits);
        return true;
    }

    private static UInt128 TopBitsOfFive(int power)
    {
        var five = BigInteger.Pow(5, Math.Abs(power));
        var value = power >= 0 ? five << 256 : (BigInteger.One << 512) / five;
        return (UInt128)(value >> (int)(value.GetBitLength() - 128));
    }
}
