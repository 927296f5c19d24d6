using System.Globalization;
using System.Runtime.CompilerServices;

namespace Krewe.Api.TensorJson;

/// <summary>FP32: any JSON number that does not round to infinity, rounded once; or a word of <see cref="FloatWords"/>.</summary>
internal readonly struct Float32Element : IJsonElement<float>
{
    /// <summary>Powers of ten outside these bounds take the slow path.</summary>
    private const int MaxPower = 44;

    /// <summary>The mantissa bits that a double has and a float does not.</summary>
    private const ulong ExtraBits = (1UL << 29) - 1;

    /// <summary>The value of these bits half-way between two floats.</summary>
    private const ulong HalfWay = 1UL << 28;

    /// <summary>
    /// The maximum error of the double in units of its last place: up to a half each for mantissa, power of ten and product, a hundredth
    /// for dropped digits, and twice that for rounding near the start of a binade.
    /// </summary>
    private const ulong Tolerance = 8;

    private const double MinNormal = 1.17549435082228750797e-38;

    private const double MaxFinite = 3.40282346638528859812e38;

    private static readonly double[] Powers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
        1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44,
    ];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out float value)
    {
        // A short number is 0 or far from the ends of the range.
        if (DecimalScanner.TryScanShort(json, position, out var number) is > 0 and var length
            && TryConvert(number, out value))
        {
            position += length;
            return true;
        }

        return TryReadAny(json, ref position, out value);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryConvert(in DecimalNumber number, out float value) =>
        TryRound(number.IsNegative, (double)(long)number.Mantissa / Powers[-number.Exponent], out value);

    private static bool TryReadAny(ReadOnlySpan<byte> json, ref int position, out float value)
    {
        var start = position;
        if (!DecimalScanner.TryScan(json, ref position, out var number))
        {
            var isWord = FloatWords.TryRead(json, ref position, out var word);
            value = (float)word;
            return isWord;
        }

        var magnitude = number.Exponent switch
        {
            >= 0 and <= MaxPower => (double)(long)number.Mantissa * Powers[number.Exponent],
            < 0 and >= -MaxPower => (double)(long)number.Mantissa / Powers[-number.Exponent],
            _ => 0,
        };
        if (!TryRound(number.IsNegative, magnitude, out value) || magnitude is < MinNormal or > MaxFinite)
        {
            value = float.Parse(json[start..position], NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        return float.IsFinite(value);
    }

    /// <summary>Rounds a double of limited accuracy, if that cannot change which float is nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryRound(bool isNegative, double magnitude, out float value)
    {
        value = (float)(isNegative ? -magnitude : magnitude);
        var distance = (BitConverter.DoubleToUInt64Bits(magnitude) & ExtraBits) - (HalfWay - Tolerance);
        return distance > 2 * Tolerance;
    }
}
