using System.Globalization;

namespace Krewe.Rollouts.Plans;

/// <summary>A share of the traffic, in parts per million: exact, and compared without rounding.</summary>
public readonly record struct Share : IComparable<Share>
{
    /// <summary>100 % in parts per million.</summary>
    public const int Whole = 1_000_000;

    /// <summary>Creates a share from parts per million, 0 to <see cref="Whole"/>.</summary>
    public Share(int partsPerMillion)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partsPerMillion);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partsPerMillion, Whole);
        PartsPerMillion = partsPerMillion;
    }

    /// <summary>0 %.</summary>
    public static Share None { get; }

    /// <summary>100 %.</summary>
    public static Share All { get; } = new(Whole);

    /// <summary>Parts per million, 0 to <see cref="Whole"/>.</summary>
    public int PartsPerMillion { get; }

    /// <summary>The percentage, 0 to 100.</summary>
    public double Percent => PartsPerMillion / 10_000d;

    /// <summary>A percentage from 0 to 100, rounded to parts per million; false for any other number.</summary>
    public static bool TryFromPercent(double percent, out Share share)
    {
        var valid = percent is >= 0 and <= 100;
        share = valid ? new Share((int)Math.Round(percent * 10_000)) : None;
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(Share other) => PartsPerMillion.CompareTo(other.PartsPerMillion);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Percent:0.####} %");

    public static bool operator <(Share left, Share right) => left.PartsPerMillion < right.PartsPerMillion;

    public static bool operator >(Share left, Share right) => left.PartsPerMillion > right.PartsPerMillion;

    public static bool operator <=(Share left, Share right) => left.PartsPerMillion <= right.PartsPerMillion;

    public static bool operator >=(Share left, Share right) => left.PartsPerMillion >= right.PartsPerMillion;
}
