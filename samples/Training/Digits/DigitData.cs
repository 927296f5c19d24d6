using Krewe.Onnx.Tiny;

namespace Krewe.Training.Digits;

/// <summary>Synthetic images of handwritten digits.</summary>
/// <param name="Images"><see cref="Canvas.Size"/>² pixels each, row-major, 0 background to 1 ink.</param>
/// <param name="Labels">The digit of each image.</param>
internal sealed record DigitData(float[][] Images, int[] Labels)
{
    private const int Digits = 10;

    /// <summary>The training set, by 3,000 writers.</summary>
    public static DigitData ForTraining(int count) => Generate(seed: 101, writers: 3000, count);

    /// <summary>
    /// The test set: 5,000 images by 250 writers that training has not seen. Hyperparameters were chosen on a third set of writers (seed
    /// 102).
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
