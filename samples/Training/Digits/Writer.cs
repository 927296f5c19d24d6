using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>A synthetic handwriting: the shape of each digit, its deformation, width and pen size.</summary>
internal sealed class Writer
{
    private const int Digits = 10;
    private readonly int[] forms = new int[Digits];
    private readonly Warp[] bends = new Warp[Digits];
    private readonly double slant;
    private readonly double width;
    private readonly double height;
    private readonly double pen;

    /// <summary>Creates a random writer.</summary>
    public Writer(SeededRandom random)
    {
        slant = 0.16 * random.NextNormal();
        width = random.NextDouble(5.5, 9.5);
        height = random.NextDouble(8.5, 12);
        pen = random.NextDouble(0.4, 1.2);
        for (var digit = 0; digit < Digits; digit++)
        {
            forms[digit] = random.NextInt32(Glyphs.FormsOf(digit));
            bends[digit] = new Warp(random, linear: 0.06, quadratic: 0.11);
        }
    }

    /// <summary>Draws a digit into an image of <see cref="Canvas.Size"/>² pixels, with random variation.</summary>
    public float[] Write(int digit, SeededRandom random)
    {
        var tremor = new Warp(random, linear: 0.06, quadratic: 0.06);
        var turn = 0.12 * random.NextNormal();
        var left = (Canvas.Size / 2.0) + random.NextNormal();
        var top = (Canvas.Size / 2.0) + random.NextNormal();
        var scale = random.NextDouble(0.9, 1.1);
        var canvas = new Canvas(pen * random.NextDouble(0.85, 1.15));
        foreach (var stroke in Glyphs.Strokes(digit, forms[digit]))
        {
            canvas.Draw([.. stroke.Trace().Select(Place)]);
        }

        return canvas.Photograph(random);

        Point Place(Point point)
        {
            var bent = tremor.Apply(bends[digit].Apply(point));
            var u = scale * width * (bent.X - 0.5 - (slant * (bent.Y - 0.5)));
            var v = scale * height * (bent.Y - 0.5);

            // A rotation by the angle whose tangent is `turn`, without a sine.
            var length = Math.Sqrt(1 + (turn * turn));
            return new Point(left + ((u - (turn * v)) / length), top + ((v + (turn * u)) / length));
        }
    }
}
