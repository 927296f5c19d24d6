using System.Diagnostics;
using System.Globalization;
using System.Text;
using Krewe.Abstractions.Models;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.TensorJson;

/// <summary>Figures for the parse of an image of 3x64x64 as JSON; they mean something in a Release build. It fails only where speed is lost by an order of magnitude.</summary>
public sealed class ParsingSpeedTests
{
    private const int Count = 3 * 64 * 64;

    private const int Rounds = 12;

    private const int Repeats = 5;

    [Theory]
    [InlineData("F6", false)]
    [InlineData("F6", true)]
    [InlineData("R", false)]
    [InlineData("double", false)]
    public void An_image_is_parsed_quickly(string format, bool nested)
    {
        var body = Encoding.UTF8.GetBytes(MakeBody(format, nested));
        var model = ModelReference.Parse("m");
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Repeats; i++)
            {
                InferRequestReader.Read(model, RequestBodies.Of(body), null, new ApiLimits()).Request.Dispose();
            }

            var taken = Stopwatch.GetElapsedTime(start) / Repeats;
            best = taken < best ? taken : best;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{format}, nested {nested}: {body.Length} bytes, {best.TotalMicroseconds:F0} us, {best.TotalNanoseconds / Count:F1} ns per float");
        Assert.True(best < TimeSpan.FromMilliseconds(5), $"took {best}");
    }

    private static string MakeBody(string format, bool nested)
    {
        var random = new Random(1);
        var numbers = Enumerable.Range(0, Count).Select(_ => format == "double"
            ? ((double)random.NextSingle()).ToString("R", CultureInfo.InvariantCulture)
            : random.NextSingle().ToString(format, CultureInfo.InvariantCulture)).ToArray();
        var data = nested
            ? "[[" + string.Join(",", numbers.Chunk(64 * 64).Select(c => "[" + string.Join(",", c.Chunk(64).Select(r => $"[{string.Join(",", r)}]")) + "]")) + "]]"
            : $"[{string.Join(",", numbers)}]";
        return $$"""{"inputs":[{"name":"image","shape":[1,3,64,64],"datatype":"FP32","data":{{data}}}]}""";
    }
}
