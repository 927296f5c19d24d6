using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>
/// A gentle bending of the plane around (0.5, 0.5): a slant, a stretch and a turn (the linear part), and curvature (the
/// quadratic part). A writer has one, and the hand's tremor adds another for each image.
/// </summary>
internal sealed class Warp
{
    private readonly double[] x;
    private readonly double[] y;

    /// <summary>Draws a warp.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="linear">Deviation of the linear coefficients.</param>
    /// <param name="quadratic">Deviation of the quadratic ones.</param>
    public Warp(SeededRandom random, double linear, double quadratic)
    {
        double[] sizes = [linear, linear, quadratic, quadratic, quadratic];
        x = [.. sizes.Select(size => size * random.NextNormal())];
        y = [.. sizes.Select(size => size * random.NextNormal())];
    }

    /// <summary>Where the point goes.</summary>
    public Point Apply(Point point)
    {
        double u = point.X - 0.5, v = point.Y - 0.5;
        return new Point(point.X + Bend(x, u, v), point.Y + Bend(y, u, v));
    }

    private static double Bend(double[] c, double u, double v) =>
        (c[0] * u) + (c[1] * v) + (c[2] * u * u) + (c[3] * u * v) + (c[4] * v * v);
}
