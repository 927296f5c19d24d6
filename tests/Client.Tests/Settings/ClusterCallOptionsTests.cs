using Krewe.Client.Settings;

namespace Krewe.Client.Tests.Settings;

public sealed class ClusterCallOptionsTests
{
    public static TheoryData<string, Action<ClusterCallOptions>> Wrong => new()
    {
        { "MaxMessageBytes is 0: expected at least 1", static options => options.MaxMessageBytes = 0 },
        { "MaxOutstanding is 0: expected at least 1", static options => options.MaxOutstanding = 0 },
        { "MaxOutstandingPerVersion is -1: expected at least 1", static options => options.MaxOutstandingPerVersion = -1 },
        { "MaxInputBytes is 0: expected at least 1", static options => options.MaxInputBytes = 0 },
        { "LossTimeout is 00:00:00: expected more than 0 and at most an hour", static options => options.LossTimeout = default },
        { "WatchInterval is -00:00:01: expected more than 0 and at most an hour", static options => options.WatchInterval = TimeSpan.FromSeconds(-1) },
        { "WatchTimeout is 01:00:01: expected more than 0 and at most an hour", static options => options.WatchTimeout = TimeSpan.FromSeconds(3601) },
        { "MaxAttempts is 0: expected 1 to 100", static options => options.MaxAttempts = 0 },
        { "MaxAttempts is 101: expected 1 to 100", static options => options.MaxAttempts = 101 },
        { "RetryRatio is -0.5: expected 0 to 10", static options => options.RetryRatio = -0.5 },
        { "RetryRatio is 11: expected 0 to 10", static options => options.RetryRatio = 11 },
        { "RetryRatio is NaN: expected 0 to 10", static options => options.RetryRatio = double.NaN },
        { "RetryReserve is -1: expected 0 or more", static options => options.RetryReserve = -1 },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_value_out_of_range_is_an_error_that_names_the_range(string error, Action<ClusterCallOptions> change)
    {
        var options = new ClusterCallOptions();
        change(options);

        Assert.Equal([error], options.FindErrors());
    }

    [Fact]
    public void The_ends_of_the_ranges_are_valid()
    {
        var options = new ClusterCallOptions
        {
            MaxMessageBytes = 1, MaxOutstanding = 1, MaxOutstandingPerVersion = 1, MaxInputBytes = 1, MaxAttempts = 100, RetryRatio = 10,
            RetryReserve = 0, LossTimeout = TimeSpan.FromHours(1), WatchInterval = TimeSpan.FromTicks(1), WatchTimeout = TimeSpan.FromHours(1),
        };

        Assert.Empty(options.FindErrors());
        Assert.Empty(new ClusterCallOptions { MaxAttempts = 1, RetryRatio = 0 }.FindErrors());
    }

    [Fact]
    public void All_errors_are_reported_at_once() =>
        Assert.Equal(3, new ClusterCallOptions { MaxOutstanding = 0, WatchTimeout = default, RetryReserve = -1 }.FindErrors().Count());
}
