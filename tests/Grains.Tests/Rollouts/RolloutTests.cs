using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Rollouts;
using Krewe.Grains.Tests.Cluster;
using Krewe.Onnx.Tiny;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grains.Tests.Rollouts;

/// <summary>Rollouts over the silos of one process.</summary>
public sealed class RolloutTests
{
    [Fact]
    public async Task A_good_canary_is_promoted_and_nobody_notices()
    {
        await using var model = await RolledModel.StartAsync(3);
        Assert.Equal(1, await model.CallOnceAsync("1"));
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        await model.UntilRoutedAsync();
        model.Call(12, 0, 1, 2);

        var begun = await model.Control(1).StartRolloutAsync(RolledModel.Name, RolledModel.Canary(), RolledModel.Anna, CancellationToken.None);
        var done = await model.UntilAsync(rollout => rollout.Phase == RolloutPhase.Promoted, silo: 2);
        await model.StopCallsAsync();

        Assert.Empty(model.Failures);
        Assert.Equal(begun.Rollout.Id, done.Rollout.Id);
        Assert.Equal(2, await model.CallOnceAsync(silo: 2));
        Assert.Equal(2, await model.CallOnceAsync("prod"));
        Assert.Equal(1, await model.CallOnceAsync("1"));
        var history = await model.Control(2).GetHistoryAsync(RolledModel.Name, CancellationToken.None);
        Assert.Equal("anna", history[^1].Actor);
        Assert.Contains(history, entry => entry.What == "version 2 took over from version 1");

        // Each process shares exactly: ten of a hundred, at most one more for each of the three.
        var step = done.Counts[0];
        Assert.InRange(step.Canary.Requests - (step.Canary.Requests + step.Serving.Requests) * 0.1, -3.5, 3.5);
    }

    [Fact]
    public async Task A_clock_that_is_set_forward_skips_no_step()
    {
        var clock = new SetClock();
        await using var model = await RolledModel.StartAsync(1, engine: silo => silo.Services.AddSingleton<TimeProvider>(clock));
        model.Call(4, 0);
        await model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Canary(dwellSeconds: 3600), RolledModel.Anna, CancellationToken.None);
        await model.UntilAsync(rollout => rollout.Phase == RolloutPhase.Running);

        clock.Offset = TimeSpan.FromHours(2);
        var counted = (await model.StatusAsync()).Counts.GetValueOrDefault(0)?.Canary.Requests ?? 0;
        var status = await model.UntilAsync(rollout => rollout.Evaluations > 3);
        await model.StopCallsAsync();

        Assert.True(status.Counts[0].Canary.Requests > counted);
        Assert.Equal((RolloutPhase.Running, 0), (status.Rollout.Phase, status.Rollout.Step));
        Assert.InRange(status.Rollout.StepTime(status.Now), TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_gateway_whose_clock_is_ahead_stretches_no_step()
    {
        await using var model = await RolledModel.StartAsync(1);
        model.Call(4, 0);
        var author = RolledModel.Anna with { At = RolledModel.Anna.At.AddHours(3) };
        await model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Canary(dwellSeconds: 2), author, CancellationToken.None);
        await model.UntilAsync(rollout => rollout.Phase == RolloutPhase.Promoted);
        await model.StopCallsAsync();

        Assert.Empty(model.Failures);
    }

    [Fact]
    public void The_clock_of_a_rollout_does_not_jump()
    {
        var system = new SetClock();
        var clock = new RolloutClock(system);
        var start = clock.Now;
        foreach (var hours in (int[])[5, -5, 0])
        {
            system.Offset = TimeSpan.FromHours(hours);
            Assert.InRange(clock.Now - start, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        }

        system.Offset = TimeSpan.FromHours(2);
        Assert.InRange(clock.Restart() - start, TimeSpan.FromHours(2), TimeSpan.FromHours(2.1));
    }

    [Fact]
    public async Task A_canary_that_fails_goes_back_with_the_reason_and_its_callers_get_their_answers()
    {
        await using var model = await RolledModel.StartAsync(2, node => node.OnInfer = (request, _) => request.Model.Version.Number == RolledModel.Two
            ? Task.FromException<InferenceResponse>(new KreweException(KreweErrorCode.Internal, "broken"))
            : Task.FromResult(FakeNode.Echo(request)));
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        await model.UntilRoutedAsync();
        model.Call(8, 0, 1);

        await model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Canary(dwellSeconds: 3600), RolledModel.Anna, CancellationToken.None);
        var back = await model.UntilAsync(rollout => !rollout.Phase.IsUnderWay());
        await model.StopCallsAsync();

        Assert.Empty(model.Failures);
        Assert.Equal((RolloutPhase.RolledBack, 0), (back.Rollout.Phase, back.Rollout.Step));
        Assert.Equal(GuardKind.ErrorRate, back.Rollout.Breach!.Guard);
        Assert.Equal([1L], model.Answers.Keys);
        Assert.Equal(1, model.Cluster.Silos.Sum(silo => silo.Get<RollbackCounter>().Read().Sum(static read => read.Count)));
    }

    [Fact]
    public async Task A_version_that_cannot_be_loaded_takes_no_call()
    {
        await using var model = await RolledModel.StartAsync(2, node => node.OnLoad = version => version.Version == RolledModel.Two
            ? Task.FromException(KreweException.Unavailable("the file is torn"))
            : Task.CompletedTask);
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);

        await model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Canary(), RolledModel.Anna, CancellationToken.None);
        var back = await model.UntilAsync(rollout => !rollout.Phase.IsUnderWay());

        Assert.Equal(RolloutPhase.RolledBack, back.Rollout.Phase);
        Assert.Equal("version 2 could not be warmed up: the file is torn", back.Rollout.Reason);
        Assert.Equal(1, await model.CallOnceAsync());
    }

    [Fact]
    public async Task A_rollout_goes_on_where_it_was_when_the_silo_of_its_grain_dies()
    {
        await using var model = await RolledModel.StartAsync(3);
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        var grain = model.Cluster[0].Grains.GetGrain<IModelGrain>(RolledModel.Name.Value);
        var home = await model.Cluster[0].Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var doomed = model.Cluster.Silos.Single(silo => silo.Address.Equals(home));
        int[] living = [.. Enumerable.Range(0, 3).Where(silo => model.Cluster[silo] != doomed)];
        model.Call(6, living);
        await model.Control(living[0]).StartRolloutAsync(RolledModel.Name, RolledModel.Canary(dwellSeconds: 2), RolledModel.Anna, CancellationToken.None);
        var before = await model.UntilAsync(rollout => rollout.Step == 0, living[0]);

        await model.Cluster.KillAsync(doomed);
        var after = await model.UntilAsync(_ => true, living[0]);
        var done = await model.UntilAsync(rollout => !rollout.Phase.IsUnderWay(), living[0]);
        await model.StopCallsAsync();

        Assert.Empty(model.Failures);
        Assert.Equal(before.Rollout.Id, after.Rollout.Id);
        Assert.True(after.Rollout.Step >= before.Rollout.Step);
        Assert.Equal(RolloutPhase.Promoted, done.Rollout.Phase);
        var history = await model.Control(living[1]).GetHistoryAsync(RolledModel.Name, CancellationToken.None);
        Assert.Equal(Enumerable.Range(1, history.Count).Reverse().Select(revision => (long)revision), history.Select(entry => entry.Revision));
    }

    [Fact]
    public async Task A_rollout_comes_to_its_end_without_calls_or_a_front_door_when_the_silo_of_its_grain_dies()
    {
        await using var model = await RolledModel.StartAsync(3, hasFrontDoor: false);
        var grain = model.Cluster[0].Grains.GetGrain<IModelGrain>(RolledModel.Name.Value);
        await grain.SetAliasAsync(ModelTraffic.Prod, 1, RolledModel.Anna);
        var home = await model.Cluster[0].Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var doomed = model.Cluster.Silos.Single(silo => silo.Address.Equals(home));
        var plan = new RolloutPlan { Strategy = RolloutStrategy.BlueGreen, Version = RolledModel.Two, Steps = [], KeepWarm = TimeSpan.FromSeconds(5) };
        await grain.StartRolloutAsync(plan, "r", RolledModel.Anna);
        var living = model.Cluster.Silos.Where(silo => silo != doomed).ToArray();
        await model.Cluster.UntilAsync(() => living.All(silo => RouteIn(silo)?.Traffic?.Aliases[ModelTraffic.Prod] == RolledModel.Two));
        Assert.All(living, silo => Assert.NotEmpty(RouteIn(silo)!.Held));

        await model.Cluster.KillAsync(doomed);

        // The table is read, not the grain: a call would activate the grain.
        await model.Cluster.UntilAsync(() => living.All(silo => RouteIn(silo) is { Held.IsEmpty: true }));
        var traffic = (await living[0].Grains.GetGrain<IModelGrain>(RolledModel.Name.Value).GetTrafficAsync()).Traffic;
        Assert.Equal(RolloutPhase.Promoted, traffic.Rollout!.Phase);
    }

    private static ModelRoute? RouteIn(TestSilo silo) => silo.Snapshots.Current.Routes.Routes.GetValueOrDefault(RolledModel.Name.Value);

    [Fact]
    public async Task What_was_decided_is_pushed_to_all_who_route()
    {
        await using var model = await RolledModel.StartAsync(3);

        // Whoever has a route has read, and with that asked for pushes.
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.Two, RolledModel.Anna, CancellationToken.None);
        await model.UntilRoutedAsync();
        foreach (var silo in model.Cluster.Silos)
        {
            silo.Get<DelayedReader>().IsPushOnly = true;
        }

        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        await model.Cluster.UntilAsync(
            () => model.Cluster.Silos.All(silo => RouteIn(silo)?.Traffic?.Aliases[ModelTraffic.Prod] == RolledModel.One));

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(silo => model.CallOnceAsync(silo: silo)));
        Assert.All(answers, version => Assert.Equal(1, version));
    }

    [Fact]
    public async Task A_change_that_silos_drain_for_holds_up_neither_reads_nor_the_next_change()
    {
        var drained = new TaskCompletionSource();
        await using var model = await RolledModel.StartAsync(2, node => node.Draining = drained.Task);
        var grain = model.Cluster[0].Grains.GetGrain<IModelGrain>(RolledModel.Name.Value);

        var unloading = model.Cluster[0].Get<IModelHost>().UnloadAsync(ModelReference.Parse("m", "2"), CancellationToken.None).AsTask();
        await model.Cluster.UntilAsync(() => model.Cluster.Silos.All(silo => silo.Node.Excluded.GetValueOrDefault("m")?.ContainsKey(2) == true));
        var epoch = (await grain.QuarantineAsync(1, "crash")).Epoch;

        Assert.Equal((2, 2), (epoch, (await grain.GetRouteAsync()).Epoch));
        Assert.False(unloading.IsCompleted);
        drained.SetResult();
        await unloading;
    }

    [Fact]
    public async Task Where_no_silo_has_room_for_both_the_start_says_so()
    {
        await using var model = await RolledModel.StartAsync(1, bytes: 600L << 20);
        Assert.Equal(1, await model.CallOnceAsync("1"));
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        await model.Cluster.UntilAsync(() => model.Cluster[0].Snapshots.Current.Nodes[0].Sessions.Count == 1);

        var refusal = await Assert.ThrowsAsync<KreweException>(
            () => model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Canary(), RolledModel.Anna, CancellationToken.None).AsTask());

        Assert.Equal(KreweErrorCode.Conflict, refusal.Code);
        Assert.Equal(
            "there is not enough memory for version 2, 600 MiB, beside version 1 on any silo: silo-1 may use 1 GiB, of which 600 MiB cannot be evicted. "
            + "A blue/green rollout with replica_by_replica replaces the old version by version 2; callers then wait while it is loaded",
            refusal.Message);
    }

    [Fact]
    public async Task A_version_takes_the_old_ones_place_and_no_call_fails()
    {
        await using var model = await RolledModel.StartAsync(2);
        await model.Control().SetAliasAsync(RolledModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        await model.UntilRoutedAsync();
        model.Call(4, 0, 1);

        await model.Control().StartRolloutAsync(RolledModel.Name, RolledModel.Replacement(), RolledModel.Anna, CancellationToken.None);
        var done = await model.UntilAsync(rollout => !rollout.Phase.IsUnderWay());
        await model.StopCallsAsync();

        Assert.Empty(model.Failures);
        Assert.Equal(RolloutPhase.Promoted, done.Rollout.Phase);
        Assert.Equal(2, await model.CallOnceAsync());
    }

    [Fact]
    public async Task A_version_that_cannot_take_the_old_ones_place_gives_it_back()
    {
        await using var served = await ServedModel.StartAsync(2, 1);
        var control = served.Cluster[0].Get<IRolloutControl>();
        await control.SetAliasAsync(ServedModel.Name, ModelTraffic.Prod, RolledModel.One, RolledModel.Anna, CancellationToken.None);
        served.Add(2, TinyModels.UnknownOperator());
        await served.Cluster.UntilAsync(() => served.Cluster.Silos.All(silo => silo.Snapshots.Current.Nodes.All(node => node.Catalog.Count == 2)));

        await control.StartRolloutAsync(
            ServedModel.Name, RolledModel.Replacement() with { KeepWarm = TimeSpan.FromHours(1) }, RolledModel.Anna, CancellationToken.None);
        RolloutStatus status;
        do
        {
            Assert.Equal(1, await served.CallAsync(0));
            status = (await control.GetRolloutAsync(ServedModel.Name, CancellationToken.None))!;
        }
        while (status.Rollout.Phase.IsUnderWay());

        Assert.Equal(RolloutPhase.RolledBack, status.Rollout.Phase);
        Assert.StartsWith("version 2 could not be warmed up: ", status.Rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(1, await served.CallAsync(0));
    }

    [Fact]
    public async Task Shares_of_a_replica_that_is_replaced_cannot_be_given_away()
    {
        await using var model = await RolledModel.StartAsync(1);

        var refusal = await Assert.ThrowsAsync<KreweException>(() => model.Control().StartRolloutAsync(
            RolledModel.Name, RolledModel.Canary() with { ReplicaByReplica = true }, RolledModel.Anna, CancellationToken.None).AsTask());

        Assert.Contains("replica_by_replica requires a blue/green rollout", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aliases_point_callers_to_versions_and_unknown_ones_are_named_with_those_there_are()
    {
        await using var model = await RolledModel.StartAsync(2);
        await model.Control().SetAliasAsync(RolledModel.Name, "old", RolledModel.One, RolledModel.Anna, CancellationToken.None);

        Assert.Equal((2L, 2L, 1L), (await model.CallOnceAsync(), await model.CallOnceAsync("latest"), await model.CallOnceAsync("old")));
        Assert.Equal(
            [new AliasTarget("latest", RolledModel.Two, false), new AliasTarget("old", RolledModel.One, true), new AliasTarget("prod", RolledModel.Two, false)],
            await model.Control(1).GetAliasesAsync(RolledModel.Name, CancellationToken.None));
        var unknown = await Assert.ThrowsAsync<KreweException>(() => model.CallOnceAsync("new"));
        Assert.Equal("Request for unknown model: 'm' version 'new' is not found: a version is a number such as 1, and the model's aliases are 'latest', 'old', 'prod'", unknown.Message);

        await model.Control().RemoveAliasAsync(RolledModel.Name, "old", RolledModel.Anna, CancellationToken.None);

        Assert.Equal(KreweErrorCode.VersionNotFound, (await Assert.ThrowsAsync<KreweException>(() => model.CallOnceAsync("old"))).Code);
        var refusal = await Assert.ThrowsAsync<KreweException>(
            () => model.Control().SetAliasAsync(RolledModel.Name, "old", new ModelVersion(7), RolledModel.Anna, CancellationToken.None).AsTask());
        Assert.Equal(KreweErrorCode.VersionNotFound, refusal.Code);
    }
}
