using System.Globalization;

namespace Krewe.Rollouts.Plans;

/// <summary>A part of the traffic, kept in whole parts per million so that shares are exact and compare without rounding.</summary>
public readonly record struct Share : IComparable<Share>
{
    /// <summary>All of it, in parts per million.</summary>
    public const int Whole = 1_000_000;

    /// <summary>Makes a share of parts per million, 0 to <see cref="Whole"/>.</summary>
    public Share(int partsPerMillion)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partsPerMillion);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partsPerMillion, Whole);
        PartsPerMillion = partsPerMillion;
    }

    /// <summary>Nothing.</summary>
    public static Share None { get; }

    /// <summary>Everything.</summary>
    public static Share All { get; } = new(Whole);

    /// <summary>0 to <see cref="Whole"/>.</summary>
    public int PartsPerMillion { get; }

    /// <summary>0 to 100.</summary>
    public double Percent => PartsPerMillion / 10_000d;

    /// <summary>The share of a percentage from 0 to 100, rounded to parts per million; false for any other number.</summary>
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
