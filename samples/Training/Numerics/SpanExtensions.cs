namespace Krewe.Training.Numerics;

internal static class SpanExtensions
{
    /// <summary>The largest value.</summary>
    public static float Max(this ReadOnlySpan<float> values) => values[values.IndexOfMax()];

    /// <summary>The index of the largest value; the first of equal ones.</summary>
    public static int IndexOfMax(this ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }
}
