namespace Krewe.Api.TensorJson;

/// <summary>A decimal number: <c>Mantissa * 10^Exponent</c>, or slightly more if digits were dropped.</summary>
internal readonly struct DecimalNumber(ulong mantissa, int exponent, bool isNegative, bool isTruncated)
{
    /// <summary>Digits that always fit into 63 bits.</summary>
    public const int MaxDigits = 18;

    /// <summary>At most 18 digits.</summary>
    public ulong Mantissa { get; } = mantissa;

    /// <summary>The power of ten.</summary>
    public int Exponent { get; } = exponent;

    /// <summary>True after a minus sign, including -0.</summary>
    public bool IsNegative { get; } = isNegative;

    /// <summary>True if nonzero digits were dropped: the number is larger by less than one unit of the mantissa.</summary>
    public bool IsTruncated { get; } = isTruncated;
}
