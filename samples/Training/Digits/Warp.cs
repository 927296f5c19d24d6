using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>
/// A small random deformation around (0.5, 0.5): slant, stretch and rotation (the linear part), and curvature (the quadratic part). Each
/// writer has one, and each image adds a smaller one.
/// </summary>
internal sealed class Warp
{
    private readonly double[] x;
    private readonly double[] y;

    /// <summary>Draws a random deformation.</summary>
    /// <param name="random">The random number generator.</param>
    /// <param name="linear">Standard deviation of the linear coefficients.</param>
    /// <param name="quadratic">Standard deviation of the quadratic ones.</param>
    public Warp(SeededRandom random, double linear, double quadratic)
    {
        double[] sizes = [linear, linear, quadratic, quadratic, quadratic];
        x = [.. sizes.Select(size => size * random.NextNormal())];
        y = [.. sizes.Select(size => size * random.NextNormal())];
    }

    /// <summary>The deformed point.</summary>
    public Point Apply(Point point)
    {
        double u = point.X - 0.5, v = point.Y - 0.5;
        return new Point(point.X + Bend(x, u, v), point.Y + Bend(y, u, v));
    }

    private static double Bend(double[] c, double u, double v) =>
        (c[0] * u) + (c[1] * v) + (c[2] * u * u) + (c[3] * u * v) + (c[4] * v * v);
}
