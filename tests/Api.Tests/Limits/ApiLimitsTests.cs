using Krewe.Api.Settings;

namespace Krewe.Api.Tests.Limits;

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
    [InlineData(int.MaxValue, null, null, 3_600_000)]
    [InlineData(int.MaxValue, null, 7_200_000, 7_200_000)]
    public void The_timeout_of_a_request_is_the_requested_one_within_the_limits(int? asked, int? byDefault, int? most, int expected)
    {
        var limits = new ApiLimits { DefaultTimeout = Time(byDefault), MaxTimeout = Time(most) };

        Assert.Equal(TimeSpan.FromMilliseconds(expected), limits.Timeout(Time(asked)));

        static TimeSpan? Time(int? milliseconds) => milliseconds is { } m ? TimeSpan.FromMilliseconds(m) : null;
    }

    [Theory]
    [InlineData(nameof(ApiLimits.MaxBodyBytes), 1, 2_000_000_000)]
    [InlineData(nameof(ApiLimits.MaxPublishBytes), 1, long.MaxValue)]
    [InlineData(nameof(ApiLimits.MaxTensors), 1, 65_536)]
    [InlineData(nameof(ApiLimits.MaxRank), 1, 32)]
    [InlineData(nameof(ApiLimits.MaxElements), 1, 268_435_448)]
    [InlineData(nameof(ApiLimits.MaxIdLength), 1, 1 << 20)]
    public void Each_limit_has_a_range(string name, long least, long most)
    {
        Assert.Empty(With(name, least).Validate());
        Assert.Empty(With(name, most).Validate());
        Assert.Equal([$"{name} is {least - 1}: expected {least} to {most}"], With(name, least - 1).Validate());
        if (most < long.MaxValue)
        {
            Assert.Equal([$"{name} is {most + 1}: expected {least} to {most}"], With(name, most + 1).Validate());
        }
    }

    private static ApiLimits With(string name, long value)
    {
        var (limits, property) = (new ApiLimits(), typeof(ApiLimits).GetProperty(name)!);
        property.SetValue(limits, Convert.ChangeType(value, property.PropertyType, null));
        return limits;
    }
}
