using Krewe.Abstractions;
using Krewe.Onnx;
using Krewe.Rollouts;

namespace Krewe.Serving.Tests;

public sealed class RoutedHostTests
{
    [Fact]
    public async Task Prod_is_what_callers_get_who_name_no_version_and_nothing_takes_its_place()
    {
        await using var traffic = await new TrafficFixture().StartAsync(3);
        Assert.Equal(3, await traffic.CallAsync());
        await traffic.SetAliasAsync("prod", 1);

        Assert.Equal("1 1 3 2", await AnsweredAsync(traffic, null, "prod", "latest", "2"));
        Assert.Equal("m/1", (await traffic.Host.GetMetadataAsync(ModelReference.Parse("m"), default)).Model.ToString());

        await traffic.Host.UnloadAsync(ModelReference.Parse("m", "prod"), default);
        Assert.False(await traffic.Host.IsReadyAsync(ModelReference.Parse("m"), default));
        await TrafficFixture.FailAsync(KreweErrorCode.Unavailable, () => traffic.CallAsync());
        Assert.Equal(3, await traffic.CallAsync("latest"));

        await traffic.Control.RemoveAliasAsync(TrafficFixture.Model, "prod", TrafficFixture.Somebody, default);
        Assert.Equal(3, await traffic.CallAsync());
    }

    [Fact]
    public async Task An_alias_stands_wherever_a_number_does()
    {
        await using var traffic = await new TrafficFixture().StartAsync(3);
        await traffic.SetAliasAsync("stable", 2);
        var stable = ModelReference.Parse("m", "stable");

        Assert.Equal(2, await traffic.CallAsync("stable"));
        Assert.Equal("m/2", (await traffic.Host.GetMetadataAsync(stable, default)).Model.ToString());
        Assert.Equal("m/2", (await traffic.Host.GetConfigurationAsync(stable, default)).Model.ToString());
        Assert.Equal("m/2", (await traffic.Host.GetStatisticsAsync(stable, default)).Single().Model.ToString());
        await traffic.Host.UnloadAsync(stable, default);
        Assert.False(await traffic.Host.IsReadyAsync(stable, default));
        await traffic.Host.LoadAsync(stable, default);
        Assert.True(await traffic.Host.IsReadyAsync(stable, default));
        Assert.Equal([VersionState.Absent, VersionState.Ready, VersionState.Absent], (await traffic.Host.ListAsync(default)).Select(version => version.State));
    }

    [Theory]
    [InlineData(false, "'latest', 'prod'")]
    [InlineData(true, "'latest', 'prod', 'stable'")]
    public async Task An_alias_that_is_not_there_is_not_found_and_those_that_are_are_named(bool hasOne, string expected)
    {
        await using var traffic = await new TrafficFixture().StartAsync(1);
        if (hasOne)
        {
            await traffic.SetAliasAsync("stable", 1);
        }

        foreach (var call in new Func<Task>[]
        {
            () => traffic.CallAsync("beta"),
            async () => await traffic.Host.GetMetadataAsync(ModelReference.Parse("m", "beta"), default),
            async () => await traffic.Host.UnloadAsync(ModelReference.Parse("m", "beta"), default),
        })
        {
            var error = await TrafficFixture.FailAsync(KreweErrorCode.VersionNotFound, call);
            Assert.Contains($"the model's aliases are {expected}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_canary_gets_its_share_to_the_call_and_who_names_a_version_is_never_split()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 7));
        await traffic.UntilAsync(RolloutPhase.Running);

        var canaries = 0;
        for (var call = 1; call <= 1_000; call++)
        {
            canaries += await traffic.CallAsync(call % 2 == 0 ? "prod" : null) == 2 ? 1 : 0;
            Assert.Equal(RouteChoice.Taken(Plans.Percent(7), call), canaries);
            Assert.Equal(1, call % 50 == 0 ? await traffic.CallAsync("1") : 1);
        }

        var counts = traffic.Ledger.ReadCounts(TrafficFixture.Model).Steps[0];
        Assert.Equal((930, 70), (counts.Serving.Requests, counts.Canary.Requests));
    }

    [Fact]
    public async Task Callers_with_a_key_stay_where_they_are_and_take_no_ticket()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 50));
        await traffic.UntilAsync(RolloutPhase.Running);

        var first = new Dictionary<string, long>();
        for (var round = 0; round < 3; round++)
        {
            for (var caller = 0; caller < 40; caller++)
            {
                var answered = await traffic.CallAsync(key: $"caller {caller}");
                Assert.Equal(first.TryAdd($"caller {caller}", answered) ? answered : first[$"caller {caller}"], answered);
            }
        }

        Assert.InRange(first.Values.Count(version => version == 2), 5, 35);
        Assert.Equal("2 1", await AnsweredAsync(traffic, null, null));
    }

    [Fact]
    public async Task Where_a_canary_fails_the_old_version_answers_and_the_failure_is_the_canarys()
    {
        await using var traffic = new TrafficFixture();
        traffic.Serving.Add("m", 1, TinyModels.Gather(rows: 4));
        traffic.Serving.Add("m", 2, TinyModels.Gather(rows: 2));
        await traffic.StartAsync(0);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(Plans.Canary(2, 100));
        await traffic.UntilAsync(RolloutPhase.Running);

        using var answer = await traffic.Serving.InferAsync("m", Tensors.Longs("index", [1], 3));

        Assert.Equal("m/1", answer.Model.ToString());
        var counts = traffic.Ledger.ReadCounts(TrafficFixture.Model).Steps[0];
        Assert.Equal((1, 1, 0), (counts.Canary.Requests, counts.Canary.Errors, counts.Serving.Requests));
    }

    [Fact]
    public async Task Copies_are_compared_and_nobody_sees_them()
    {
        await using var traffic = await new TrafficFixture().StartAsync(2);
        await traffic.SetAliasAsync("prod", 1);
        await traffic.StartRolloutAsync(new RolloutPlan
        {
            Strategy = RolloutStrategy.Shadow, Version = new ModelVersion(2), Steps = [new RolloutStep { Shadow = Share.All }], Guards = Plans.Silent,
        });
        await traffic.UntilAsync(RolloutPhase.Running);

        for (var call = 0; call < 50; call++)
        {
            Assert.Equal(1, await traffic.CallAsync());
        }

        StepCounts Counts() => traffic.Ledger.ReadCounts(TrafficFixture.Model).Steps[0];
        await ServingFixture.UntilAsync(() => Counts().Comparison is var now && now.Compared + now.Skipped == 50);
        Assert.True(Counts().Comparison.Compared > 0);
        Assert.Equal(Counts().Comparison.Compared, Counts().Comparison.Disagreements);
        Assert.Equal(1, Counts().Comparison.LargestDifference, 1e-6);
        Assert.Equal((50, 0, 0), (Counts().Serving.Requests, Counts().Canary.Requests, Counts().Shadow.Errors));
    }

    /// <summary>The versions that answered calls for these, one after the other.</summary>
    private static async Task<string> AnsweredAsync(TrafficFixture traffic, params string?[] versions)
    {
        var answered = new List<long>();
        foreach (var version in versions)
        {
            answered.Add(await traffic.CallAsync(version));
        }

        return string.Join(' ', answered);
    }
}
