using Krewe.Abstractions;
using Krewe.Onnx;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

public sealed class RolloutControlTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_alias_is_warm_before_it_is_set_and_a_version_that_cannot_load_is_none()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 2, TinyModels.UnknownOperator());
        await traffic.StartAsync(1);

        await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, async () => await traffic.SetAliasAsync("prod", 2));
        await TrafficFixture.FailAsync(KreweErrorCode.VersionNotFound, async () => await traffic.SetAliasAsync("prod", 9));
        await TrafficFixture.FailAsync(KreweErrorCode.InvalidInput, async () => await traffic.SetAliasAsync("12", 1));
        Assert.False(Directory.Exists(traffic.State) && traffic.Ledger.Read(TrafficFixture.Model).Revision > 0);

        await traffic.SetAliasAsync("prod", 1);
        Assert.Equal([new ModelId(TrafficFixture.Model, new ModelVersion(1))], traffic.Serving.Node.ReadSessions());
    }

    [Fact]
    public async Task Aliases_are_listed_with_those_that_nobody_set()
    {
        await using var traffic = await new TrafficFixture().StartAsync(3);
        await traffic.SetAliasAsync("stable", 1);
        await traffic.Host.UnloadAsync(ModelReference.Parse("m", "3"), Token);

        var aliases = await traffic.Control.GetAliasesAsync(TrafficFixture.Model, Token);

        Assert.Equal(["latest 2 False", "prod 2 False", "stable 1 True"], aliases.Select(alias => $"{alias.Alias} {alias.Version} {alias.IsSet}"));
        await TrafficFixture.FailAsync(
            KreweErrorCode.ModelNotFound, async () => await traffic.Control.GetAliasesAsync(ModelName.Parse("nobody"), Token));
    }

    [Fact]
    public async Task Every_change_has_its_line_newest_first_and_survives_a_restart()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("stable", 1);
        await traffic.SetAliasAsync("stable", 2);
        await traffic.SetAliasAsync("stable", 2);
        await traffic.Control.RemoveAliasAsync(TrafficFixture.Model, "stable", TrafficFixture.Somebody, Token);
        await TrafficFixture.FailAsync(
            KreweErrorCode.VersionNotFound,
            async () => await traffic.Control.RemoveAliasAsync(TrafficFixture.Model, "stable", TrafficFixture.Somebody, Token));

        await traffic.OpenAsync();
        var history = await traffic.Control.GetHistoryAsync(TrafficFixture.Model, Token);

        Assert.Equal([3, 2, 1], history.Select(entry => entry.Revision));
        Assert.All(history, entry => Assert.Equal(("somebody", "a test"), (entry.Actor, entry.Why)));
    }

    [Fact]
    public async Task What_contradicts_what_is_there_is_refused_and_changes_nothing()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await TrafficFixture.FailAsync(KreweErrorCode.VersionNotFound, async () => await traffic.StartRolloutAsync(Plans.Canary(7, 5)));
        await TrafficFixture.FailAsync(KreweErrorCode.InvalidInput, async () => await traffic.StartRolloutAsync(Plans.Canary(2)));
        await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.CommandAsync(RolloutCommand.Pause));
        Assert.Null(await traffic.Control.GetRolloutAsync(TrafficFixture.Model, Token));

        await traffic.StartRolloutAsync(Plans.Canary(2, 5));
        Assert.Equal(1, (await traffic.Control.GetRolloutAsync(TrafficFixture.Model, Token))!.Rollout.From.Number);
        await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.StartRolloutAsync(Plans.BlueGreen(2)));
        await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.SetAliasAsync("prod", 2));
        Assert.Equal(1, traffic.Ledger.Read(TrafficFixture.Model).Revision);
    }

    [Fact]
    public async Task The_only_version_has_nothing_to_move_from()
    {
        await using var traffic = await new TrafficFixture().StartAsync(1);
        var error = await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.StartRolloutAsync(Plans.Canary(1, 5)));
        Assert.Contains("nothing to move from", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_that_cannot_hold_both_is_said_before_the_start_with_the_way_out()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 1, TinyModels.Big(6 << 20));
        traffic.Serving.Add("m", 2, TinyModels.Big(6 << 20, seed: 2));
        await traffic.StartAsync(0, options => options.MemoryBudgetBytes = 14 << 20);
        await traffic.SetAliasAsync("prod", 1);

        var error = await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.StartRolloutAsync(Plans.Canary(2, 5)));
        Assert.Contains($"the budget is {14 << 20}", error.Message, StringComparison.Ordinal);
        Assert.Contains("replica_by_replica", error.Message, StringComparison.Ordinal);
        error = await TrafficFixture.FailAsync(
            KreweErrorCode.Conflict, async () => await traffic.StartRolloutAsync(Plans.Canary(2, 5) with { ReplicaByReplica = true }));
        Assert.Contains("blue/green", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, traffic.Ledger.Read(TrafficFixture.Model).Revision);
    }

    [Fact]
    public async Task A_version_is_deleted_only_where_nothing_names_it_and_then_nobody_gets_there()
    {
        await using var traffic = await new TrafficFixture().StartAsync(4);
        await traffic.SetAliasAsync("stable", 1);
        await traffic.SetAliasAsync("prod", 2);
        await traffic.StartRolloutAsync(Plans.Canary(3, 5));
        ModelId Id(long version) => new(TrafficFixture.Model, new ModelVersion(version));
        for (var version = 1; version <= 3; version++)
        {
            await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await traffic.Guard.RetireAsync(Id(version), Token));
        }

        Assert.Equal(2, (await traffic.Guard.FindServingAsync(TrafficFixture.Model, Token))!.Value.Number);
        Assert.Equal(4, await traffic.CallAsync("latest"));
        await traffic.Guard.RetireAsync(Id(4), Token);
        Assert.DoesNotContain(Id(4), traffic.Serving.Node.ReadSessions());
        Assert.Equal(3, await traffic.CallAsync("latest"));
        await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, () => traffic.CallAsync("4"));

        Assert.Equal(new ModelVersion(4), Assert.Single(traffic.Ledger.Read(TrafficFixture.Model).Retired));
        await traffic.Guard.RetiredAsync(Id(4), Token);
        Assert.Empty(traffic.Ledger.Read(TrafficFixture.Model).Retired);
    }

    [Fact]
    public async Task A_deletion_that_its_process_did_not_end_is_none()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.Guard.RetireAsync(new ModelId(TrafficFixture.Model, new ModelVersion(2)), Token);
        Assert.Equal(1, await traffic.CallAsync());

        await traffic.OpenAsync();

        Assert.Equal(2, await traffic.CallAsync());
        Assert.Contains("not deleted", traffic.Ledger.Read(TrafficFixture.Model).History[^1].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_deleted_when_the_process_ended_is_forgotten_once_it_is_gone()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.Guard.RetireAsync(new ModelId(TrafficFixture.Model, new ModelVersion(1)), Token);
        traffic.Serving.Remove("m", 1);
        await ServingFixture.UntilAsync(() => traffic.Serving.Get<ServedModels>().AllVersions.Count() == 1);

        await traffic.OpenAsync();

        Assert.Empty(traffic.Ledger.Read(TrafficFixture.Model).Retired);
        traffic.Serving.Add("m", 1, VersionedModel.Of(1));
        await ServingFixture.UntilAsync(() => traffic.Serving.Get<ServedModels>().AllVersions.Count() == 2);
        Assert.Equal(1, await traffic.CallAsync("1"));
    }

    [Fact]
    public async Task A_second_process_follows_what_it_finds_and_decides_nothing()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await using var second = await new TrafficFixture { StateOf = traffic }.StartAsync(2);

        Assert.Equal(1, await second.CallAsync());
        var error = await TrafficFixture.FailAsync(KreweErrorCode.Conflict, async () => await second.SetAliasAsync("prod", 2));
        Assert.Contains("--state", error.Message, StringComparison.Ordinal);

        // Once the first has ended the second goes on from what that one decided last.
        await traffic.SetAliasAsync("stable", 2);
        traffic.LetGo();
        await second.SetAliasAsync("prod", 2);
        Assert.Equal([("prod", 2), ("stable", 2)], second.Ledger.Read(TrafficFixture.Model).Aliases.Select(alias => (alias.Key, (int)alias.Value.Number)));
    }
}
