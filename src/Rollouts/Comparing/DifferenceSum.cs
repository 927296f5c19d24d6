using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.Comparing;

/// <summary>Accumulates the differences of pairs of numbers.</summary>
internal struct DifferenceSum
{
    // Caps a difference, so that sums and means stay finite.
    private const double MaxDifference = float.MaxValue;

    private long pairs;
    private double largest;
    private double sum;

    /// <summary>Null without pairs.</summary>
    public readonly double? Largest => pairs == 0 ? null : largest;

    /// <summary>Null without pairs.</summary>
    public readonly double? Mean => pairs == 0 ? null : sum / pairs;

    /// <summary>Adds pairs; true if all of them agree.</summary>
    public bool Add(ReadOnlySpan<double> left, ReadOnlySpan<double> right, ComparisonTolerance tolerance)
    {
        var agree = true;
        for (var i = 0; i < left.Length; i++)
        {
            var (a, b) = (left[i], right[i]);
            if (a.Equals(b))
            {
                pairs++;
                continue;
            }

            var difference = Math.Abs(a - b);
            if (!double.IsFinite(a) || !double.IsFinite(b))
            {
                agree = false;
                continue;
            }

            agree &= difference <= tolerance.Absolute + (tolerance.Relative * Math.Max(Math.Abs(a), Math.Abs(b)));
            Count(Math.Min(difference, MaxDifference));
        }

        return agree;
    }

    private void Count(double difference)
    {
        pairs++;
        sum += difference;
        largest = Math.Max(largest, difference);
    }
}
