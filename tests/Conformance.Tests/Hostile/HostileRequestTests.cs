using System.Globalization;
using System.Text;
using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Nothing that a client sends does harm.</summary>
public sealed class HostileRequestTests
{
    private const int UsualSeed = 20_261_120;
    private const int Callers = 8;
    private const int WarmUp = 6000;
    private const int Total = 16_000;

    // The heap breathes, by some 40 MiB under this load; a leak of 7 kB a request would show.
    private const long MostGrowth = 64L << 20;

    [Fact]
    public async Task Hostile_requests_are_refused_and_leave_nothing_behind()
    {
        using var models = new ModelsFolder();
        HostileModels.AddTo(models);
        await using var server = await ServerUnderTest.StartAsync(models.Path, ["--max-body-size", "4MiB"]);
        var run = new HostileRun(server.Address, (ulong)Replay.Seed(UsualSeed), Callers);
        await run.SendUpToAsync(WarmUp);
        var before = ResidentBytes(server);
        await run.SendUpToAsync(Total);
        var growth = ResidentBytes(server) - before;

        Summary.Say($"Hostile requests: {Total}: {run}; resident memory {before >> 20} MiB, grew {growth >> 10} KiB after the first {WarmUp}");
        foreach (var fault in run.Faults.Take(20))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(fault);
        }

        Assert.Empty(run.Faults);
        Assert.Equal(Total, run.ByStatus.Values.Sum());
        Assert.True(run.ByStatus[400] > Total / 10, "hostile requests must reach the code that refuses them");
        Assert.InRange(growth, long.MinValue, MostGrowth);
        await ExpectGoodAnswersAsync(server.Client);
    }

    [Fact]
    public void The_same_seed_makes_the_same_requests()
    {
        var (one, other) = (new HostileRequests(7), new HostileRequests(7));
        Assert.All(Enumerable.Range(0, 500), i => Assert.Equal(one[i].Bytes, other[i].Bytes));
        Assert.NotEqual(one[1].Bytes, new HostileRequests(8)[1].Bytes);
    }

    private static async Task ExpectGoodAnswersAsync(HttpClient client)
    {
        foreach (var model in new[]
        {
            HostileModels.Linear, HostileModels.TwoInputs, HostileModels.Strings, HostileModels.Scalar, HostileModels.Gather, HostileModels.AnyRank,
        })
        {
            var reply = await client.CallAsync("POST", $"/v2/models/{model}/infer", Encoding.UTF8.GetBytes(HostileBodies.Good(model)));
            Assert.True(reply.Status == 200, $"{model}: {reply.Text}");
        }

        Assert.Equal(200, (await client.PostReplyAsync($"/v2/repository/models/{HostileModels.Victim}/load")).Status);
        (await client.GetReplyAsync("/v2/health/ready")).Ok();
    }

    private static long ResidentBytes(ServerUnderTest server) =>
        long.Parse(File.ReadAllText($"/proc/{server.ProcessId}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
