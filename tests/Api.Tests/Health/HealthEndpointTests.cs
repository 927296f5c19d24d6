using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Health;

public sealed class HealthEndpointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_ready_is_alive_and_ready()
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost());
        Assert.True((await server.Client.GetJsonAsync("/v2/health/live")).GetProperty("live").GetBoolean());
        Assert.True((await server.Client.GetJsonAsync("/v2/health/ready")).GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task A_host_that_is_not_ready_says_why()
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost { Readiness = HostReadiness.NotReady("reading the folder") });
        Assert.True((await server.Client.GetJsonAsync("/v2/health/live")).GetProperty("live").GetBoolean());
        using var response = await server.Client.GetAsync("/v2/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        Assert.Equal("""{"ready":false,"error":"reading the folder"}""", await response.Content.ReadAsStringAsync(Token));
    }
}
