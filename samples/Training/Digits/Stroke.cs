namespace Krewe.Training.Digits;

/// <summary>A pen stroke through some points.</summary>
/// <param name="Curved">A smooth curve instead of straight lines.</param>
/// <param name="Points">At least two points, in the glyph's unit square.</param>
internal sealed record Stroke(bool Curved, Point[] Points)
{
    private const int Steps = 6;

    /// <summary>A polyline, given as x, y, x, y, ….</summary>
    public static Stroke Line(params double[] coordinates) => new(false, Pairs(coordinates));

    /// <summary>A curve, given as x, y, x, y, ….</summary>
    public static Stroke Curve(params double[] coordinates) => new(true, Pairs(coordinates));

    /// <summary>The stroke as a polyline with short segments.</summary>
    public Point[] Trace()
    {
        if (!Curved)
        {
            return Points;
        }

        var trace = new List<Point> { Points[0] };
        for (var i = 0; i < Points.Length - 1; i++)
        {
            var before = Points[Math.Max(i - 1, 0)];
            var after = Points[Math.Min(i + 2, Points.Length - 1)];
            for (var step = 1; step <= Steps; step++)
            {
                trace.Add(Between(before, Points[i], Points[i + 1], after, step / (double)Steps));
            }
        }

        return [.. trace];
    }

    // A Catmull-Rom spline segment from b to c, with tangents along a-c and b-d.
    private static Point Between(Point a, Point b, Point c, Point d, double t) =>
        new(Between(a.X, b.X, c.X, d.X, t), Between(a.Y, b.Y, c.Y, d.Y, t));

    private static double Between(double a, double b, double c, double d, double t) =>
        b + (0.5 * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));

    private static Point[] Pairs(double[] coordinates) => [.. coordinates.Chunk(2).Select(pair => new Point(pair[0], pair[1]))];
}
