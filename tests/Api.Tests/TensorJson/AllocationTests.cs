using System.Text;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.TensorJson;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("FP32", "0.25")]
    [InlineData("FP64", "0.12345678901234567")]
    [InlineData("INT64", "-12")]
    [InlineData("UINT8", "255")]
    [InlineData("BOOL", "true")]
    [InlineData("BYTES", "\"a\\n\"")]
    public void What_reading_allocates_does_not_grow_with_the_elements(string type, string element)
    {
        var few = Measure(type, element, 10);
        var many = Measure(type, element, 8000);

        Assert.InRange(many - few, -64, 64);
        Assert.InRange(many, 0, 1500);
    }

    private static long Measure(string type, string element, int count)
    {
        var data = string.Join(",", Enumerable.Repeat(element, count));
        var body = Encoding.UTF8.GetBytes($$"""{"id":"7","inputs":[{"name":"x","shape":[{{count}}],"datatype":"{{type}}","data":[{{data}}]}]}""");
        var limits = new ApiLimits();
        var least = long.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Read.Infer(body, limits: limits).Request.Dispose();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
