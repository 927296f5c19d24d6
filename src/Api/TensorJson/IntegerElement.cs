using System.Numerics;

namespace Krewe.Api.TensorJson;

/// <summary>The integer types: digits without fraction or exponent, within the type's range.</summary>
internal readonly struct IntegerElement<T> : IJsonElement<T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Digits that always fit into 64 bits without overflow.</summary>
    private const int SafeDigits = 19;

    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out T value)
    {
        var at = position;
        var negative = (uint)at < (uint)json.Length && json[at] == '-';
        at += negative ? 1 : 0;
        var start = at;
        ulong magnitude = 0;
        uint digit;
        while ((uint)at < (uint)json.Length && (digit = (uint)json[at] - '0') <= 9)
        {
            magnitude = (magnitude * 10) + digit;
            at++;
        }

        position = at;
        var length = at - start;
        value = default;
        if (length == 0 || (length > 1 && json[start] == '0') || HasFraction(json, at)
            || (length > SafeDigits && !Reread(json[start..at], out magnitude)))
        {
            return false;
        }

        return negative ? TryNegate(magnitude, out value) : TryConvert(magnitude, out value);
    }

    /// <inheritdoc/>
    public static bool TryConvert(in DecimalNumber number, out T value)
    {
        var fits = number.IsNegative ? TryNegate(number.Mantissa, out value) : TryConvert(number.Mantissa, out value);
        return fits && number.Exponent == 0;
    }

    private static bool HasFraction(ReadOnlySpan<byte> json, int at) =>
        (uint)at < (uint)json.Length && (json[at] == '.' || (json[at] | 0x20) == 'e');

    private static bool Reread(ReadOnlySpan<byte> digits, out ulong magnitude) =>
        ulong.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out magnitude);

    private static bool TryConvert(ulong magnitude, out T value)
    {
        value = T.CreateTruncating(magnitude);
        return magnitude <= ulong.CreateTruncating(T.MaxValue);
    }

    private static bool TryNegate(ulong magnitude, out T value)
    {
        value = T.CreateTruncating(0 - magnitude);
        return magnitude <= 0 - ulong.CreateTruncating(T.MinValue);
    }
}
