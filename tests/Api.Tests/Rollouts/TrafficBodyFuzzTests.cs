using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;
using Krewe.Api.Http;
using Krewe.Api.Rollouts;
using Krewe.Api.Tests.Fakes;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Tests.Rollouts;

/// <summary>Whatever is done to the body of a call about traffic, it is read or refused as invalid input; nothing else happens.</summary>
public sealed class TrafficBodyFuzzTests
{
    private const int Rounds = 10_000;

    private static readonly string[] Plans =
    [
        """{"strategy":"canary","version":"2","steps":[{"percent":5,"shadow_percent":0.5,"dwell_seconds":60,"min_requests":500},100],"guards":{"max_p50_ratio":1.5,"min_sample":50}}""",
        """{"strategy":"shadow","version":2,"steps":[1,5e1],"tolerance":{"relative":0.01,"absolute":1e-4},"promote":"manual","keep_warm_seconds":300,"reason":"q\u00e9"}""",
    ];

    [Fact]
    public async Task Mutated_plans_are_read_or_refused() => await RunAsync(Plans, static body =>
    {
        var plan = RolloutPlanReader.Read(BodyObject.Of(body, "{}", [.. RolloutPlanReader.Members, TrafficCalls.Reason]));
        Assert.Empty(plan.FindErrors());
        using var shown = JsonDocument.Parse(JsonAnswer.ToBytes(plan, RolloutPlanJson.Write));
        Assert.Equal(plan.Version, RolloutPlanReader.Read(BodyObject.Of(shown, "{}", RolloutPlanReader.Members)).Version);
    });

    [Fact]
    public async Task Mutated_aliases_are_read_or_refused() => await RunAsync(["""{"aliases":{"prod":1,"beta":"2","old":null},"reason":"q\u00e9"}"""], static body =>
    {
        var root = BodyObject.Of(body, "{}", "aliases", "reason");
        Assert.InRange(root.Find("reason")?.Line(ChangeAuthor.MaxLength).Length ?? 0, 0, ChangeAuthor.MaxLength);
        foreach (var (name, value) in root.Get("aliases").Members("{}"))
        {
            Assert.Equal(name, VersionSelector.Parse(AliasName.Parse(name)).Alias);
            Assert.True(value.IsNull || value.Version().Number > 0);
        }
    });

    private static async Task RunAsync(string[] seeds, Action<JsonDocument?> take)
    {
        var (random, read, refused) = (Replay.Random(), 0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(seeds[i % seeds.Length])];
            for (var m = random.Next(4); m > 0; m--)
            {
                Mutation.Apply(random, bytes);
            }

            try
            {
                using var body = await ControlBody.ReadAsync(new DefaultHttpContext { Request = { Body = new MemoryStream([.. bytes]) } });
                take(body);
                read++;
            }
            catch (KreweException e)
            {
                Assert.Equal(KreweErrorCode.InvalidInput, e.Code);
                Assert.InRange(e.Message.Length, 10, 1000);
                refused++;
            }
        }

        // Both must really have happened.
        Assert.InRange(read, Rounds / 10, Rounds);
        Assert.InRange(refused, Rounds / 10, Rounds);
    }
}
