using Krewe.Abstractions;
using Krewe.Onnx;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

public sealed class RolloutConductorTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_good_version_is_warmed_up_gets_more_and_more_and_is_promoted()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 10, 50));
        Assert.Equal(RolloutPhase.Warming, traffic.Rollout.Phase);
        Assert.Equal(1, await traffic.CallAsync());
        await traffic.UntilAsync(RolloutPhase.Running);
        Assert.Equal(2, traffic.Serving.Node.ReadSessions().Length);

        await CallAsync(traffic, 100);
        await traffic.PassAsync(Minute);
        Assert.Equal(1, traffic.Rollout.Step);
        await CallAsync(traffic, 10);
        await traffic.PassAsync(Minute);
        Assert.Equal(1, traffic.Rollout.Step);
        await CallAsync(traffic, 20);
        await traffic.PassAsync(Minute);
        Assert.Equal(RolloutPhase.KeepingWarm, traffic.Rollout.Phase);
        Assert.Equal(2, await traffic.CallAsync());
        Assert.Equal(1, await traffic.CallAsync("1"));

        await traffic.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(RolloutPhase.Promoted, traffic.Rollout.Phase);
        Assert.Equal(2, await traffic.CallAsync());
        Assert.All(traffic.Serving.Get<ServedModels>().AllVersions, version => Assert.False(version.IsHeld));
        var counts = (await traffic.Control.GetRolloutAsync(TrafficFixture.Model, Token))!.Counts;
        Assert.Equal((90, 10, 15, 15), (counts[0].Serving.Requests, counts[0].Canary.Requests, counts[1].Serving.Requests, counts[1].Canary.Requests));
    }

    [Fact]
    public async Task A_version_that_cannot_be_loaded_is_rolled_back_with_the_reason()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 2, TinyModels.UnknownOperator());
        await traffic.StartAsync(1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 10));

        await traffic.UntilAsync(RolloutPhase.RolledBack);

        Assert.Contains("could not be warmed up", traffic.Rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(1, await traffic.CallAsync());
    }

    [Fact]
    public async Task A_canary_that_fails_is_sent_back_within_its_first_step()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 1, TinyModels.Gather(rows: 4));
        traffic.Serving.Add("m", 2, TinyModels.Gather(rows: 2));
        await traffic.StartAsync(0);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 50) with { Guards = Plans.Silent with { MaxErrorRateIncrease = 0.01 } });
        await traffic.UntilAsync(RolloutPhase.Running);

        for (var call = 0; traffic.Rollout.Phase == RolloutPhase.Running; call++)
        {
            Assert.InRange(call, 0, 5_000);
            using var answer = await traffic.Serving.InferAsync("m", Tensors.Longs("index", [1], call % 4));
            if (call % 100 == 0)
            {
                await traffic.PassAsync(TimeSpan.FromSeconds(1));
            }
        }

        Assert.Equal((RolloutPhase.RolledBack, 0, GuardKind.ErrorRate), (traffic.Rollout.Phase, traffic.Rollout.Step, traffic.Rollout.Breach!.Guard));
    }

    [Fact]
    public async Task A_restart_goes_on_where_it_was_with_what_was_counted()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 50));
        await traffic.UntilAsync(RolloutPhase.Running);
        await CallAsync(traffic, 6);
        await traffic.PassAsync(TimeSpan.FromSeconds(6));
        var before = traffic.Ledger.Read(TrafficFixture.Model);

        // What was counted since the last time it was stored is lost, the state is not.
        await CallAsync(traffic, 2);
        await traffic.OpenAsync();
        Assert.Equal(TrafficJson.Write(before), TrafficJson.Write(traffic.Ledger.Read(TrafficFixture.Model)));
        Assert.Equal(3, traffic.Ledger.ReadCounts(TrafficFixture.Model).Steps[0].Canary.Requests);

        await CallAsync(traffic, 13);
        await traffic.PassAsync(Minute);
        await traffic.UntilAsync(RolloutPhase.KeepingWarm);
        Assert.Equal(10, traffic.Ledger.ReadCounts(TrafficFixture.Model).Steps[0].Canary.Requests);
    }

    [Fact]
    public async Task What_an_operator_says_holds_at_once()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 100));
        await traffic.UntilAsync(RolloutPhase.Running);
        Assert.Equal(2, await traffic.CallAsync());

        await traffic.CommandAsync(RolloutCommand.Pause);
        await CallAsync(traffic, 20);
        await traffic.PassAsync(Minute);
        Assert.Equal(RolloutPhase.Paused, traffic.Rollout.Phase);
        await traffic.CommandAsync(RolloutCommand.Resume);
        await traffic.CommandAsync(RolloutCommand.Promote);
        Assert.Equal(RolloutPhase.KeepingWarm, traffic.Rollout.Phase);
        await traffic.CommandAsync(RolloutCommand.Abort);
        Assert.Equal((RolloutPhase.Aborted, 1), (traffic.Rollout.Phase, await traffic.CallAsync()));
    }

    [Fact]
    public async Task Without_room_for_both_the_new_one_takes_the_old_ones_place()
    {
        await using var traffic = await InPlaceAsync(TinyModels.Big(6 << 20, seed: 2));
        await traffic.UntilAsync(RolloutPhase.KeepingWarm);

        using var answer = await traffic.Serving.InferAsync("m", Tensors.Longs("index", [1], 1));

        Assert.Equal("m/2", answer.Model.ToString());
        Assert.Equal([new ModelId(TrafficFixture.Model, new ModelVersion(2))], traffic.Serving.Node.ReadSessions());
        await traffic.PassAsync(TimeSpan.FromMinutes(5));
        await traffic.UntilAsync(RolloutPhase.Promoted);
    }

    [Fact]
    public async Task Where_the_one_that_takes_the_place_cannot_load_the_old_one_answers_and_serves_again()
    {
        await using var traffic = await InPlaceAsync(TinyModels.UnknownOperator());
        await traffic.UntilAsync(RolloutPhase.KeepingWarm);

        using var waiting = await traffic.Serving.InferAsync("m", Tensors.Longs("index", [1], 1));
        await traffic.UntilAsync(RolloutPhase.RolledBack);
        using var later = await traffic.Serving.InferAsync("m", Tensors.Longs("index", [1], 1));

        Assert.Equal(["m/1", "m/1"], [waiting.Model.ToString(), later.Model.ToString()]);
        Assert.Contains("could not be warmed up", traffic.Rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_known_is_not_guessed_and_holds_again_once_it_is_mended()
    {
        await using var traffic = await new TrafficFixture { ExpectsErrors = true }.StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        var good = File.ReadAllBytes(traffic.DecisionsFile);
        File.WriteAllText(traffic.DecisionsFile, "{ an operator was here");
        await traffic.OpenAsync();

        var refused = await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, () => traffic.CallAsync());
        Assert.DoesNotContain(traffic.State, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.RetryAfter);
        await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, () => traffic.CallAsync("latest"));
        Assert.Equal(2, await traffic.CallAsync("2"));
        await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, async () => await traffic.SetAliasAsync("prod", 2));
        await traffic.Conductor.TurnAsync();
        Assert.Single(traffic.Log.Errors);

        File.WriteAllBytes(traffic.DecisionsFile, good);
        File.SetLastWriteTimeUtc(traffic.DecisionsFile, DateTime.UnixEpoch);
        await traffic.Conductor.TurnAsync();
        Assert.Equal(1, await traffic.CallAsync());
        await traffic.SetAliasAsync("prod", 2);
    }

    [Fact]
    public async Task One_models_trouble_stops_no_other_ones_rollout()
    {
        await using var traffic = new TrafficFixture { ExpectsErrors = true };
        traffic.Serving.Add("a", 1, VersionedModel.Of(1));
        traffic.Serving.Add("a", 2, VersionedModel.Of(2));
        await traffic.StartAsync(2);
        var first = ModelName.Parse("a");
        await traffic.Control.StartRolloutAsync(first, Plans.Canary(2, 10), TrafficFixture.Somebody, Token);
        await traffic.StartRolloutAsync(Plans.Canary(2, 10));
        var file = Path.Combine(traffic.State, "traffic", "a.json");

        // A folder in the file's place cannot be replaced by a rename.
        File.Delete(file);
        Directory.CreateDirectory(Path.Combine(file, "in the way"));
        await traffic.UntilAsync(RolloutPhase.Running);

        Assert.Equal(RolloutPhase.Warming, traffic.Ledger.Read(first).Rollout!.Phase);
        Assert.NotEmpty(traffic.Log.Errors);
    }

    private static async Task CallAsync(TrafficFixture traffic, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            await traffic.CallAsync();
        }
    }

    private static async Task<TrafficFixture> InPlaceAsync(ModelBuilder second)
    {
        var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 1, TinyModels.Big(6 << 20));
        traffic.Serving.Add("m", 2, second);
        await traffic.StartAsync(0, options => options.MemoryBudgetBytes = 14 << 20);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.BlueGreen(2) with { ReplicaByReplica = true });
        return traffic;
    }
}
