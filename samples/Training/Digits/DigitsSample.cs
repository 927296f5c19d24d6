using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Training.Digits;

/// <summary>
/// <c>digits</c>: a convolutional network that recognises handwritten digits. <c>image</c> FP32 [batch, 1, 16, 16] (0 background to 1 ink)
/// gives <c>label</c> INT64 [batch] and <c>probabilities</c> FP32 [batch, 10].
/// </summary>
/// <param name="images">The size of the training set.</param>
/// <param name="rounds">The number of epochs.</param>
internal sealed class DigitsSample(int images = 20_000, int rounds = 3) : ISample
{
    private const int BatchSize = 32;
    private const float Rate = 0.01f;

    public string Name => "digits";

    public ModelBuilder Train(TextWriter log)
    {
        var data = DigitData.ForTraining(images);
        var random = new SeededRandom(103);
        var net = new DigitNet(random);
        var order = Enumerable.Range(0, images).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            Shuffle(order, random);
            var right = 0;
            for (var start = 0; start < images; start += BatchSize)
            {
                var batch = order.AsSpan(start, Math.Min(BatchSize, images - start));
                right += Learn(net, data, batch, RateAt((round * images) + start));
            }

            log.WriteLine($"  round {round + 1} of {rounds}: {right / (double)images:P1} right while learning");
        }

        log.WriteLine($"  held out: {Accuracy(net, DigitData.HeldOut()):P2} right");
        return net.ToGraph(Name);
    }

    private static int Learn(DigitNet net, DigitData data, ReadOnlySpan<int> batch, float rate)
    {
        var right = 0;
        foreach (var i in batch)
        {
            right += net.Learn(data.Images[i], data.Labels[i]) ? 1 : 0;
        }

        net.Step(rate, batch.Length);
        return right;
    }

    private static double Accuracy(DigitNet net, DigitData data) =>
        data.Images.Where((image, i) => net.Classify(image).IndexOfMax() == data.Labels[i]).Count() / (double)data.Labels.Length;

    private static void Shuffle(int[] order, SeededRandom random)
    {
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.NextInt32(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    // Decreases linearly to zero.
    private float RateAt(int seen) => Rate * (1 - (seen / (float)(images * rounds)));
}
