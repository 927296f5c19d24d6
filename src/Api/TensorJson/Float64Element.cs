using System.Globalization;

namespace Krewe.Api.TensorJson;

/// <summary>FP64: any JSON number that does not round to infinity, rounded once; or a word of <see cref="FloatWords"/>.</summary>
internal readonly struct Float64Element : IJsonElement<double>
{
    /// <summary>The largest power of ten that is exact as a double.</summary>
    private const int MaxExactPower = 22;

    private static readonly double[] Powers =
        [.. Enumerable.Range(0, MaxExactPower + 1).Select(e => double.Parse($"1e{e}", CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        var start = position;
        if (!DecimalScanner.TryScan(json, ref position, out var number))
        {
            return FloatWords.TryRead(json, ref position, out value);
        }

        if (!TryConvert(number, out value))
        {
            value = double.Parse(json[start..position], NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        return double.IsFinite(value);
    }

    /// <inheritdoc/>
    public static bool TryConvert(in DecimalNumber number, out double value)
    {
        // Both operands are exact, so the operation rounds once.
        if (number is { Mantissa: <= 1UL << 53, IsTruncated: false, Exponent: >= -MaxExactPower and <= MaxExactPower })
        {
            var mantissa = (double)(long)number.Mantissa;
            var magnitude = number.Exponent < 0 ? mantissa / Powers[-number.Exponent] : mantissa * Powers[number.Exponent];
            value = number.IsNegative ? -magnitude : magnitude;
            return true;
        }

        return EiselLemire.TryRound(number, out value);
    }
}
