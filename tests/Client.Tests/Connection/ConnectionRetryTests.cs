using Krewe.Client.Connection;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Connection;

public sealed class ConnectionRetryTests
{
    private readonly FakeTimeProvider clock = new() { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly FakeLogger<ConnectionRetry> log = new();

    [Fact]
    public async Task It_retries_without_end_unless_a_time_is_given()
    {
        var retry = new ConnectionRetry(new KreweClientOptions(), clock, log);
        for (var attempt = 0; attempt < 200; attempt++)
        {
            Assert.True(await TryAsync(retry));
        }

        // Every twentieth attempt is logged.
        Assert.Equal(10, log.Collector.Count);
    }

    [Fact]
    public async Task It_gives_up_after_the_time_that_was_given()
    {
        var retry = new ConnectionRetry(new KreweClientOptions { ConnectTimeout = TimeSpan.FromSeconds(10) }, clock, log);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            Assert.True(await TryAsync(retry));
        }

        Assert.False(await TryAsync(retry));
    }

    private async Task<bool> TryAsync(ConnectionRetry retry)
    {
        var answer = retry.ShouldRetryConnectionAttempt(new TimeoutException("nobody answers"), TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        return await answer;
    }
}
