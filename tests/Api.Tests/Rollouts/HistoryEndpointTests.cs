using Krewe.Abstractions.Models;
using Krewe.Api.Tests.Fakes;
using Krewe.Rollouts.States;

namespace Krewe.Api.Tests.Rollouts;

public sealed class HistoryEndpointTests : IAsyncLifetime
{
    private const string Path = "/v2/models/m/history";
    private readonly FakeRolloutControl control = new();
    private ApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await ApiServer.StartAsync(new FakeModelHost().Add("m"), rollouts: control);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Changes_are_listed_newest_first()
    {
        Assert.Equal("""{"history":[]}""", (await server.Client.GetJsonAsync(Path)).GetRawText());
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, 7, TimeSpan.FromHours(1));
        control.Traffic = AliasChanges.Set(control.Traffic, "prod", new ModelVersion(1), new ChangeAuthor("ann", "the \"first\"", at));
        control.Traffic = AliasChanges.Set(control.Traffic, "prod", new ModelVersion(2), new ChangeAuthor("bob", "", at.AddDays(1)));
        Assert.Equal(
            """{"history":[{"revision":2,"at":"2026-03-02T11:00:00.007Z","actor":"bob","what":"alias 'prod' moved from version 1 to version 2","why":""},{"revision":1,"at":"2026-03-01T11:00:00.007Z","actor":"ann","what":"alias 'prod' was set to version 1","why":"the \"first\""}]}""",
            (await server.Client.GetJsonAsync(Path)).GetRawText());
        Assert.Equal("Request for unknown model: 'nope' is not found", await server.Client.FailAsync(HttpMethod.Get, "/v2/models/nope/history", 404));
    }

    [Theory]
    [InlineData("", 100)]
    [InlineData("?limit=1", 1)]
    [InlineData("?limit=500&other=1", 150)]
    [InlineData("?other=x", 100)]
    public async Task The_limit_applies(string query, int count)
    {
        for (var i = 0; i < 150; i++)
        {
            control.Traffic = AliasChanges.Set(control.Traffic, "a", new ModelVersion(1 + (i % 2)), new ChangeAuthor("ann", "", control.Now));
        }

        var revisions = (await server.Client.GetJsonAsync(Path + query)).GetProperty("history").EnumerateArray().Select(e => e.GetProperty("revision").GetInt64());
        Assert.Equal(Enumerable.Range(0, count).Select(i => 150L - i), revisions);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=501")]
    [InlineData("limit=-1")]
    [InlineData("limit=1.5")]
    [InlineData("limit=all")]
    [InlineData("limit=")]
    [InlineData("limit=1&limit=2")]
    public async Task A_limit_that_is_none_is_refused(string query) => Assert.EndsWith(
        ": expected a whole number from 1 to 500, the maximum kept",
        await server.Client.FailAsync(HttpMethod.Get, $"{Path}?{query}", 400));
}
