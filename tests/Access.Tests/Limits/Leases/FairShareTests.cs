using Krewe.Access.Limits.Leases;

namespace Krewe.Access.Tests.Limits.Leases;

public sealed class FairShareTests
{
    [Theory]
    [InlineData(100, new double[] { 300, 300, 300 }, 300, 100 / 3.0)]
    [InlineData(100, new double[] { 10, 300, 300 }, 10, 10)]
    [InlineData(100, new double[] { 10, 300, 300 }, 300, 45)]
    [InlineData(100, new double[] { 10, 20, 30 }, 10, 10 + (40 / 3.0))]
    [InlineData(100, new double[] { 0, 0, 1000 }, 1000, 100)]
    [InlineData(100, new double[] { 0 }, 0, 100)]
    [InlineData(0, new double[] { 5, 5 }, 5, 0)]
    public void Small_wishes_are_met_and_the_others_get_equal_parts(double total, double[] wanted, double mine, double share) =>
        Assert.Equal(share, FairShare.Of(total, wanted, mine), 9);

    [Fact]
    public void Shares_add_up_to_the_whole()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var wanted = Enumerable.Range(0, random.Next(1, 9)).Select(_ => Math.Floor(random.NextDouble() * 200)).ToArray();
            Assert.Equal(100, wanted.Sum(mine => FairShare.Of(100, wanted, mine)), 6);
        }
    }
}
