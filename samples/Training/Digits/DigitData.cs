using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>Images of handwritten digits, drawn by invented writers.</summary>
/// <param name="Images">Each <see cref="Canvas.Size"/>² pixels, row by row, 0 background to 1 ink.</param>
/// <param name="Labels">The digit in each image.</param>
internal sealed record DigitData(float[][] Images, int[] Labels)
{
    private const int Digits = 10;

    /// <summary>Images to learn from, by 3,000 writers.</summary>
    public static DigitData ForTraining(int count) => Generate(seed: 101, writers: 3000, count);

    /// <summary>
    /// 5,000 images by 250 writers of whom training has seen nothing. (Nor did the choice of the network's size, rate and
    /// rounds: a third group of writers, seed 102, served for that.)
    /// </summary>
    public static DigitData HeldOut() => Generate(seed: 104, writers: 250, count: 5000);

    private static DigitData Generate(ulong seed, int writers, int count)
    {
        var random = new SeededRandom(seed);
        var people = Enumerable.Range(0, writers).Select(_ => new Writer(random)).ToArray();
        var images = new float[count][];
        var labels = new int[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = i % Digits;
            images[i] = people[random.NextInt32(writers)].Write(labels[i], random);
        }

        return new DigitData(images, labels);
    }
}
