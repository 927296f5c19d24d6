using Krewe.Access.Limits;

namespace Krewe.Access.Tests.Limits;

public sealed class CallLimitsTests
{
    [Theory]
    [InlineData("100/s", 100, 100)]
    [InlineData("600/m", 10, 10)]
    [InlineData("30/m", 0.5, 1)]
    [InlineData("7200/h", 2, 2)]
    public void A_rate_is_read_and_its_burst_is_a_second_of_it(string text, double perSecond, int burst)
    {
        Assert.True(CallRate.TryParse(text, out var rate));
        Assert.Equal(text, rate.ToString());
        var limits = new CallLimits { Rate = rate };
        Assert.Equal((perSecond, burst), (limits.PerSecond, limits.Capacity));
        Assert.Equal(7, (limits with { Burst = 7 }).Capacity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/s")]
    [InlineData("1/")]
    [InlineData("1s")]
    [InlineData("1/d")]
    [InlineData("0/s")]
    [InlineData("-1/s")]
    [InlineData(" 1/s")]
    [InlineData("1.5/s")]
    [InlineData("1000001/s")]
    public void Other_texts_are_no_rate(string text) => Assert.False(CallRate.TryParse(text, out _));
}
