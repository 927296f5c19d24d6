using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>A small greyscale image drawn with a round pen.</summary>
/// <param name="pen">The radius of the pen, in pixels.</param>
internal sealed class Canvas(double pen)
{
    /// <summary>The width and height, in pixels.</summary>
    public const int Size = 16;

    // The width of the soft edge of a line, in pixels.
    private const double Softness = 0.9;

    private readonly float[] ink = new float[Size * Size];

    /// <summary>Draws a polyline (pixels; (0, 0) is the upper left corner).</summary>
    public void Draw(Point[] points)
    {
        for (var i = 1; i < points.Length; i++)
        {
            Draw(points[i - 1], points[i]);
        }
    }

    /// <summary>The image in row-major order: 0 background, 1 full ink, with uneven lighting and sensor noise.</summary>
    public float[] Photograph(SeededRandom random)
    {
        var contrast = random.NextDouble(0.6, 1);
        var background = random.NextDouble(0, 0.1);
        var noise = random.NextDouble(0.01, 0.08);
        var image = new float[ink.Length];
        for (var i = 0; i < image.Length; i++)
        {
            var light = background + ((contrast - background) * ink[i]) + (noise * random.NextNormal());
            image[i] = (float)Math.Clamp(light, 0, 1);
        }

        return image;
    }

    private void Draw(Point from, Point to)
    {
        var reach = pen + Softness;
        var (left, right) = Range(Math.Min(from.X, to.X) - reach, Math.Max(from.X, to.X) + reach);
        var (top, bottom) = Range(Math.Min(from.Y, to.Y) - reach, Math.Max(from.Y, to.Y) + reach);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var distance = Distance(new Point(x + 0.5, y + 0.5), from, to);
                var value = (float)Math.Clamp((reach - distance) / Softness, 0, 1);
                ref var pixel = ref ink[(y * Size) + x];
                pixel = Math.Max(pixel, value);
            }
        }
    }

    private static (int First, int Last) Range(double low, double high) =>
        (Math.Max(0, (int)Math.Floor(low)), Math.Min(Size - 1, (int)Math.Floor(high)));

    private static double Distance(Point point, Point from, Point to)
    {
        double dx = to.X - from.X, dy = to.Y - from.Y;
        var length = (dx * dx) + (dy * dy);
        var along = length == 0 ? 0 : Math.Clamp((((point.X - from.X) * dx) + ((point.Y - from.Y) * dy)) / length, 0, 1);
        double x = point.X - from.X - (along * dx), y = point.Y - from.Y - (along * dy);
        return Math.Sqrt((x * x) + (y * y));
    }
}
