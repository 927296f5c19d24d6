using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Protocol;

/// <summary>Time limits, full queues, and what an operator can order.</summary>
public sealed class LoadTests(ProtocolModels models) : IClassFixture<ProtocolModels>
{
    private const string Slow = $"/v2/models/{ProtocolModels.Slow}/infer";

    private HttpClient Client => models.Client;

    [Fact]
    public async Task A_time_limit_that_passes_is_a_timeout()
    {
        (await Client.PostReplyAsync(Slow, ProtocolModels.SlowBody(1))).Ok();
        var late = await Client.PostReplyAsync(Slow, ProtocolModels.SlowBody(ProtocolModels.ManyIterations, timeoutMicroseconds: 10_000));
        Assert.Contains("10 ms", late.Error(504), StringComparison.Ordinal);
        (await Client.PostReplyAsync(Slow, ProtocolModels.SlowBody(1, timeoutMicroseconds: 60_000_000))).Ok();
        (await Client.PostReplyAsync(Slow, ProtocolModels.SlowBody(1, timeoutMicroseconds: long.MaxValue))).Ok();
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_again()
    {
        // One runs, one waits: four of six at once are refused, and one more where it comes before a runner has taken the first.
        (await Client.PostReplyAsync(Slow, ProtocolModels.SlowBody(1))).Ok();
        var body = ProtocolModels.SlowBody(ProtocolModels.ManyIterations);
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Client.PostReplyAsync(Slow, body)));
        Assert.InRange(replies.Count(static reply => reply.Status == 200), 1, 2);
        Assert.All(replies, static reply => Assert.True(reply.Status is 200 or 429, $"status {reply.Status}"));
        Assert.All(replies.Where(static reply => reply.Status == 429), static reply =>
        {
            reply.Error(429);
            Assert.InRange(int.Parse(reply.Headers["Retry-After"], null), 1, 60);
        });
    }

    [Fact]
    public async Task An_unloaded_model_is_unavailable_until_it_is_loaded()
    {
        const string Parameters = """{"parameters":{"unload_dependents":false}}""";
        Assert.Equal(200, (await Client.PostReplyAsync("/v2/repository/models/two-inputs/unload", Parameters)).Status);
        var reply = await Client.PostReplyAsync("/v2/models/two-inputs/infer", """{"inputs":[]}""");
        Assert.Contains("load", reply.Error(503), StringComparison.Ordinal);
        (await Client.GetReplyAsync("/v2/models/two-inputs/ready")).Error(503);

        Assert.Equal(200, (await Client.PostReplyAsync("/v2/repository/models/two-inputs/load")).Status);
        (await Client.GetReplyAsync("/v2/models/two-inputs/ready")).Ok();
        (await Client.PostReplyAsync("/v2/models/two-inputs/infer", """{"inputs":[]}""")).Error(400);
    }

    [Fact]
    public async Task A_load_that_fails_says_why() =>
        Assert.NotEmpty((await Client.PostReplyAsync($"/v2/repository/models/{ProtocolModels.Corrupt}/load", "{}")).Error(503));
}
