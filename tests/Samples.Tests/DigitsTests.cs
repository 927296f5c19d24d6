using System.Text.Json;
using Krewe.Training.Digits;
using Krewe.Training.Numerics;

namespace Krewe.Samples.Tests;

[Trait("category", "slow")]
public sealed class DigitsTests
{
    private const int Size = Canvas.Size;
    private static readonly DigitData HeldOut = DigitData.HeldOut();

    [Fact]
    public void ReadsDigitsOfWritersItHasNeverSeen()
    {
        var labels = Read(HeldOut);

        var right = labels.Where((label, i) => label == HeldOut.Labels[i]).Count() / (double)labels.Length;
        Assert.InRange(right, 0.985, 1);
    }

    [Fact]
    public void ReadsEveryDigitWell()
    {
        var labels = Read(HeldOut);

        Assert.All(Enumerable.Range(0, 10), digit =>
        {
            var mine = Enumerable.Range(0, labels.Length).Where(i => HeldOut.Labels[i] == digit).ToArray();
            Assert.InRange(mine.Count(i => labels[i] == digit) / (double)mine.Length, 0.95, 1);
        });
    }

    [Fact]
    public void HeldOutWritersAreOthers()
    {
        var seen = DigitData.ForTraining(1000).Images.Select(Key).ToHashSet();

        Assert.DoesNotContain(HeldOut.Images, image => seen.Contains(Key(image)));

        static string Key(float[] image) => string.Join(',', image);
    }

    [Fact]
    public void GivesProbabilitiesThatSumToOneAndPeakAtTheLabel()
    {
        float[] pixels = [.. HeldOut.Images[..50].SelectMany(i => i)];
        using var model = Runner.Sample("digits");

        var labels = model.Run<float, long>("image", pixels, [50, 1, Size, Size], "label");
        var rows = model.Run<float, float>("image", pixels, [50, 1, Size, Size], "probabilities").Chunk(10).ToArray();

        Assert.All(rows, row => Assert.Equal(1, row.Sum(), 1e-5f));
        Assert.Equal(labels, rows.Select(row => (long)Array.IndexOf(row, row.Max())));
    }

    [Fact]
    public void ReadsTheSevenOfTheRequestFile()
    {
        using var request = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "requests", "digits.json")));
        var input = request.RootElement.GetProperty("inputs")[0];
        float[] pixels = [.. input.GetProperty("data").EnumerateArray().Select(number => number.GetSingle())];
        long[] shape = [.. input.GetProperty("shape").EnumerateArray().Select(number => number.GetInt64())];
        using var model = Runner.Sample("digits");

        Assert.Equal([7], model.Run<float, long>(input.GetProperty("name").GetString()!, pixels, shape, "label"));
        Assert.InRange(model.Run<float, float>("image", pixels, shape, "probabilities")[7], 0.99f, 1);
    }

    [Fact]
    public void TrainingAgainGivesTheCommittedFile() =>
        Assert.Equal(File.ReadAllBytes(Runner.SamplePath("digits")), new DigitsSample().Train(TextWriter.Null).ToBytes());

    private static long[] Read(DigitData data)
    {
        using var model = Runner.Sample("digits");
        return model.Run<float, long>("image", [.. data.Images.SelectMany(i => i)], [data.Labels.Length, 1, Size, Size], "label");
    }
}
