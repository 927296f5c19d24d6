namespace Krewe.Training.Digits;

/// <summary>One movement of the pen through some points.</summary>
/// <param name="Curved">A smooth curve through the points, rather than straight lines between them.</param>
/// <param name="Points">Two points or more, in a glyph's unit square.</param>
internal sealed record Stroke(bool Curved, Point[] Points)
{
    private const int Steps = 6;

    /// <summary>Straight lines through the points, given as x, y, x, y, ….</summary>
    public static Stroke Line(params double[] coordinates) => new(false, Pairs(coordinates));

    /// <summary>A curve through the points, given as x, y, x, y, ….</summary>
    public static Stroke Curve(params double[] coordinates) => new(true, Pairs(coordinates));

    /// <summary>The stroke as straight pieces, short enough to look smooth.</summary>
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

    // The spline of Catmull and Rom: through b and c, with the directions of a-c and b-d there.
    private static Point Between(Point a, Point b, Point c, Point d, double t) =>
        new(Between(a.X, b.X, c.X, d.X, t), Between(a.Y, b.Y, c.Y, d.Y, t));

    private static double Between(double a, double b, double c, double d, double t) =>
        b + (0.5 * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));

    private static Point[] Pairs(double[] coordinates) => [.. coordinates.Chunk(2).Select(pair => new Point(pair[0], pair[1]))];
}
