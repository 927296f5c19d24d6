using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Loads;
using Krewe.Grains.Routes;
using Krewe.Grains.Tests.Cluster;
using Krewe.Grains.Tests.Replicas;
using Krewe.Grains.Versions;
using Krewe.Serving.Versions;

namespace Krewe.Grains.Tests.Loads;

public sealed class CrashLoopGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_ordinary_load_writes_twice_and_leaves_no_open_intent()
    {
        await using var cluster = await TestCluster.StartAsync(2, node => node.Add("m"));
        await ReplicaGrainTests.CallAsync(cluster[0], "m");
        await cluster.UntilAsync(() => cluster.Storage.Writes == 2);
        Assert.Empty((await ReadAsync(cluster, "m")).Open);
    }

    [Fact]
    public async Task A_version_that_took_two_processes_down_is_quarantined_until_an_operator_clears_it()
    {
        await using var cluster = await TestCluster.StartAsync(3, node =>
        {
            node.Add("poison");
            node.Add("good");
        });
        for (var death = 1; death <= 2; death++)
        {
            var dying = new TaskCompletionSource<TestSilo>(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var silo in cluster.Silos.Where(silo => !silo.IsOver))
            {
                silo.Node.OnLoad = model => model.Name.ToString() == "poison" ? Hang(dying, silo) : Task.CompletedTask;
            }

            using var request = TestCluster.Request("poison", 1);
            var caller = cluster.Silos.First(silo => !silo.IsOver);
            _ = caller.Replica("poison").InferAsync(request, 0, Cancellation).ContinueWith(call => call.Exception, TaskScheduler.Default);
            var victim = await dying.Task;
            await cluster.KillAsync(victim);
            await cluster.UntilSeenAsync();
        }

        var last = cluster.Silos.Single(silo => !silo.IsOver);
        using var third = TestCluster.Request("poison", 1);
        var reply = await last.Replica("poison").InferAsync(third, 0, Cancellation);
        Assert.Equal(KreweErrorCode.Unavailable, reply.Fault!.Code);
        Assert.Contains("loading it ended the process of silo silo-", reply.Fault.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await ReadAsync(cluster, "poison")).Deaths.Length);
        await ReplicaGrainTests.CallAsync(last, "good");

        var route = last.Grains.GetGrain<IModelGrain>("poison");
        await cluster.UntilAsync(() => last.Get<AppliedRoutes>().FindExclusion(FakeNode.Id("poison")) is not null);
        var reason = ExclusionReasons.Quarantined((await route.GetRouteAsync()).Quarantined[1]);
        Assert.Equal(VersionExclusion.Failed(reason), last.Get<AppliedRoutes>().FindExclusion(FakeNode.Id("poison")));
        await last.Version("poison").ClearQuarantineAsync();
        await route.ClearQuarantineAsync(1);
        last.Node.OnLoad = _ => Task.CompletedTask;
        await ReplicaGrainTests.CallAsync(last, "poison");
    }

    [Fact]
    public async Task Without_a_database_what_was_loaded_before_loads_again_and_other_versions_wait_for_it()
    {
        await using var cluster = await TestCluster.StartAsync(1, node =>
        {
            node.Add("known");
            node.Add("new");
        });
        await ReplicaGrainTests.CallAsync(cluster[0], "known");
        await cluster.UntilAsync(() => cluster.Storage.Writes == 2);
        cluster.Storage.IsDown = true;
        cluster[0].Node.Free("known");
        await ReplicaGrainTests.CallAsync(cluster[0], "known");
        var waiting = ReplicaGrainTests.CallAsync(cluster[0], "new");
        await cluster.UntilAsync(() => cluster.Log.Any(line => line.Contains("The load of model new/1 waits", StringComparison.Ordinal)));
        Assert.False(waiting.IsCompleted);
        cluster.Storage.IsDown = false;
        await waiting;
        await cluster.UntilAsync(() => ReadAsync(cluster, "new").IsCompletedSuccessfully && Open(cluster, "new") == 0 && Open(cluster, "known") == 0);
    }

    [Fact]
    public async Task A_database_that_stays_away_refuses_a_new_version_after_the_timeout()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("new"), options => options.RecordTimeout = TimeSpan.FromSeconds(1));
        cluster.Storage.IsDown = true;
        using var request = TestCluster.Request("new", 1);
        var reply = await cluster[0].Replica("new").InferAsync(request, 0, Cancellation);
        Assert.Equal(KreweErrorCode.Unavailable, reply.Fault!.Code);
        Assert.Contains("database", reply.Fault.Message, StringComparison.Ordinal);
        Assert.False(cluster[0].Node.IsLoaded("new"));
    }

    [Fact]
    public async Task A_suspect_loads_while_nothing_else_does()
    {
        await using var cluster = await TestCluster.StartAsync(1, node =>
        {
            node.Add("suspect");
            node.Add("other");
        });
        var suspect = new GrainState<LoadRecord>(LoadRecord.Empty with { Deaths = [new LoadDeath("silo-9", TimeProvider.System.GetUtcNow())] });
        await cluster.Storage.WriteStateAsync("loads", cluster[0].Version("suspect").GetGrainId(), suspect);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].Node.OnLoad = model => model.Name.ToString() == "other" ? release.Task : Task.CompletedTask;
        var other = ReplicaGrainTests.CallAsync(cluster[0], "other");
        await cluster.UntilAsync(() => Open(cluster, "other") == 1);
        var call = ReplicaGrainTests.CallAsync(cluster[0], "suspect");
        await cluster.UntilAsync(() => cluster.Log.Any(line => line.Contains("Model suspect/1 crashed a process before", StringComparison.Ordinal)));
        Assert.Equal(0, Open(cluster, "suspect"));
        Assert.False(call.IsCompleted);
        release.SetResult();
        await other;
        await call;
        Assert.Equal(["loaded other", "loaded suspect"], cluster[0].Node.Events);
    }

    [Fact]
    public async Task Inputs_that_ended_a_process_are_refused_by_every_silo()
    {
        await using var cluster = await TestCluster.StartAsync(3, node => node.Add("m"));

        await cluster[0].Get<CrashLoopGuard>().RefuseAsync(FakeNode.Id("m"), "ab");

        await cluster.UntilAsync(() => cluster.Silos.All(static silo => silo.Node.Refused.Contains((FakeNode.Id("m"), "ab"))));
    }

    [Fact]
    public async Task A_process_that_leaves_on_purpose_is_not_counted_as_dead()
    {
        await using var cluster = await TestCluster.StartAsync(1, node => node.Add("m"));
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[0].Node.OnLoad = _ =>
        {
            entered.SetResult();
            return release.Task;
        };
        var call = ReplicaGrainTests.CallAsync(cluster[0], "m");
        await entered.Task;
        Assert.Equal(1, Open(cluster, "m"));
        await cluster[0].Get<CrashLoopGuard>().LeaveAsync(Cancellation);
        Assert.Equal(0, Open(cluster, "m"));
        release.SetResult();
        await call;
    }

    private static int Open(TestCluster cluster, string model)
    {
        var read = ReadAsync(cluster, model);
        Assert.True(read.IsCompletedSuccessfully);
        return read.GetAwaiter().GetResult().Open.Length;
    }

    private static async Task<LoadRecord> ReadAsync(TestCluster cluster, string model)
    {
        var state = new GrainState<LoadRecord>();
        await cluster.Storage.ReadStateAsync("loads", cluster.Silos.First(silo => !silo.IsOver).Version(model).GetGrainId(), state);
        return state.State ?? LoadRecord.Empty;
    }

    private static Task Hang(TaskCompletionSource<TestSilo> dying, TestSilo silo)
    {
        dying.TrySetResult(silo);
        return Task.Delay(Timeout.Infinite);
    }
}
