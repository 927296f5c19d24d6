namespace Krewe.Api.Tests;

public sealed class ApiLimitsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new ApiLimits().Validate());

    [Fact]
    public void Every_error_is_reported()
    {
        var errors = new ApiLimits
        {
            MaxBodyBytes = 0, MaxTensors = 0, MaxRank = 33, MaxElements = -1, MaxIdLength = 0, DefaultTimeout = TimeSpan.Zero, MaxTimeout = TimeSpan.FromTicks(-1),
        }.Validate();

        string[] expected =
            ["MaxBodyBytes is 0: ", "MaxTensors is 0: ", "MaxRank is 33: ", "MaxElements is -1: ", "MaxIdLength is 0: ", "DefaultTimeout is 00:00:00: ", "MaxTimeout is -"];
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
        Assert.Contains(errors, error => error.Contains("longer than MaxTimeout", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, null, null, -1)]
    [InlineData(null, 5000, null, 5000)]
    [InlineData(null, null, 7000, 7000)]
    [InlineData(3000, 5000, 7000, 3000)]
    [InlineData(9000, 5000, 7000, 7000)]
    [InlineData(9000, 5000, null, 9000)]
    public void The_time_of_a_request_is_what_it_asks_for_within_the_limits(int? asked, int? byDefault, int? most, int expected)
    {
        var limits = new ApiLimits { DefaultTimeout = Time(byDefault), MaxTimeout = Time(most) };

        Assert.Equal(TimeSpan.FromMilliseconds(expected), limits.Timeout(Time(asked)));

        static TimeSpan? Time(int? milliseconds) => milliseconds is { } m ? TimeSpan.FromMilliseconds(m) : null;
    }
}
