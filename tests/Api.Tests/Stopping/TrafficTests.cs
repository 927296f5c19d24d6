using Krewe.Api.Stopping;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Api.Tests.Stopping;

public sealed class TrafficTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void A_server_that_was_never_called_is_quiet() => Assert.True(new Traffic(clock).IsQuiet(Grace));

    [Fact]
    public void Traffic_is_not_quiet_with_a_request_in_flight()
    {
        var traffic = new Traffic(clock);
        traffic.Enter();
        clock.Advance(Grace * 10);
        Assert.False(traffic.IsQuiet(Grace));
        Assert.Equal(1, traffic.InFlight);
    }

    [Fact]
    public void Quiet_begins_a_while_after_the_last_answer()
    {
        var traffic = new Traffic(clock);
        traffic.Enter();
        traffic.Leave(clock.GetTimestamp());
        Assert.False(traffic.IsQuiet(Grace));
        clock.Advance(Grace);
        Assert.True(traffic.IsQuiet(Grace));
    }
}
