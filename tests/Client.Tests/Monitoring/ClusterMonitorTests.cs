using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Client.Tests.Monitoring;

public sealed class ClusterMonitorTests
{
    [Fact]
    public async Task The_book_hears_which_routes_are_gone_by_as_soon_as_they_are()
    {
        await using var cluster = new WatchedCluster();
        cluster.Cluster.Answer(1, TestNodes.Report(1));
        cluster.Cluster.Routes = known => Task.FromResult(known == 7 ? null : RoutingTable.Empty with { Sequence = 7 });

        Assert.Equal(7, (await cluster.StartAsync()).Routes.Sequence);

        // Without another look, which nobody asks for here.
        await UntilAsync(() => cluster.Cluster.Shown.Contains(7));

        Assert.Equal([-1L, 7], cluster.Cluster.Shown);
    }

    [Fact]
    public async Task Outside_of_the_cluster_routes_are_old_five_seconds_after_they_were_read()
    {
        await using var cluster = new WatchedCluster();
        cluster.Cluster.Answer(1, TestNodes.Report(1));
        await cluster.StartAsync();
        cluster.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(cluster.Watch.AreRoutesStale);

        // The watch may read them between the two words; seldom every time.
        cluster.Cluster.IsOutside = true;
        var wereOld = cluster.Watch.AreRoutesStale;
        for (var attempt = 0; attempt < 100 && !wereOld; attempt++)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(6));
            wereOld = cluster.Watch.AreRoutesStale;
        }

        Assert.True(wereOld);
        await cluster.PollAsync();
        Assert.False(cluster.Watch.AreRoutesStale);
    }

    [Fact]
    public async Task The_snapshot_has_every_silo_that_answers_and_the_union_of_their_repositories()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a")));
        watched.Cluster.Answer(2, TestNodes.Report(2, TestNodes.Entry("b", 7)));

        var snapshot = await watched.StartAsync();

        Assert.Equal([TestNodes.Silo(1), TestNodes.Silo(2)], snapshot.Nodes.Select(node => node.Address));
        Assert.Equal(["a/1", "b/7"], snapshot.Models.Values.SelectMany(model => model.Versions).Select(version => $"{version.Id}").Order());
        Assert.Equal(0, snapshot.Routes.Sequence);
        await watched.PollAsync();
        Assert.Empty(watched.Log.Lines);
    }

    [Fact]
    public async Task Lists_that_a_report_leaves_out_are_those_of_the_report_before()
    {
        await using var watched = new WatchedCluster();
        var first = TestNodes.Report(1, TestNodes.Entry("a")) with { Sessions = [TestNodes.Id("a")], Replicas = [new ReplicaId(TestNodes.Id("a"), 0)] };
        watched.Cluster.Answer(1, first);
        var before = await watched.StartAsync();
        watched.Cluster.Answer(1, first with { Catalog = default, Sessions = default, Replicas = default, UsedBytes = 5 });

        var now = await watched.PollAsync();

        Assert.Equal(5, now.Nodes[0].Report.UsedBytes);
        Assert.Same(before.Models, now.Models);
        Assert.Same(before.Nodes[0].Catalog, now.Nodes[0].Catalog);
        Assert.Same(before.Nodes[0].Sessions, now.Nodes[0].Sessions);
        Assert.Single(now.Nodes[0].Report.Catalog);
        Assert.Equal(new(-1, -1), watched.Cluster.Requests.First());
        Assert.NotEmpty(watched.Cluster.Requests.Skip(1));
        Assert.All(watched.Cluster.Requests.Skip(1), static request => Assert.Equal(new(1, 1), request));
    }

    [Fact]
    public async Task A_replica_is_expected_to_take_memory_only_where_its_session_is_not_yet()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a")) with { Sessions = [TestNodes.Id("a")] });
        watched.Cluster.Answer(2, TestNodes.Report(2, TestNodes.Entry("a")));
        await watched.StartAsync();

        for (var number = 1; number <= 3; number++)
        {
            watched.Watch.Expect(new ReplicaId(TestNodes.Id("a"), number), TestNodes.Silo(number));
        }

        Assert.Equal([0L, TestNodes.MiB, 0L], Enumerable.Range(1, 3).Select(number => watched.Watch.ExpectedBytes(TestNodes.Silo(number))));
        Assert.Equal([1, 1, 1], Enumerable.Range(1, 3).Select(number => watched.Watch.ExpectedReplicas(TestNodes.Silo(number))));
    }

    [Fact]
    public async Task A_silo_that_hangs_delays_neither_the_others_nor_the_next_look_and_comes_in_late()
    {
        await using var watched = new WatchedCluster();
        var late = new TaskCompletionSource<NodeReport>();
        var used = 0;
        watched.Cluster.Nodes[TestNodes.Silo(1)] = _ => late.Task;
        watched.Cluster.Nodes[TestNodes.Silo(2)] = _ => Task.FromResult(TestNodes.Report(2) with { UsedBytes = Interlocked.Increment(ref used) });

        await RunAsync(watched.StartAsync());
        await RunAsync(watched.PollUntilAsync(snapshot => snapshot.Nodes is [{ Report.UsedBytes: > 3 }]));
        late.SetResult(TestNodes.Report(1));

        await RunAsync(watched.PollUntilAsync(snapshot => snapshot.Nodes.Length == 2));

        Task RunAsync(Task task) => watched.Time.RunAsync(watched.Options.PollTimeout, task);
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_look_shows_without_another_look()
    {
        await using var watched = new WatchedCluster();
        var late = new TaskCompletionSource<NodeReport>();
        watched.Cluster.Nodes[TestNodes.Silo(1)] = _ => late.Task;
        await watched.Time.RunAsync(watched.Options.PollTimeout, watched.StartAsync());
        Assert.Empty(watched.Snapshot.Nodes);
        var polls = watched.Cluster.HostReads;

        late.SetResult(TestNodes.Report(1));

        await UntilAsync(() => watched.Snapshot.Nodes.Length == 1);
        Assert.Equal(polls, watched.Cluster.HostReads);
    }

    [Fact]
    public async Task A_silo_that_stops_answering_keeps_its_place_for_a_while_and_its_models_while_it_is_a_member()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a")));
        await watched.StartAsync();
        watched.Cluster.Fail(1);

        Assert.Single((await watched.PollAsync()).Nodes);
        watched.Time.Advance(watched.Options.KeepSilent);
        var silent = await watched.PollAsync();
        Assert.Empty(silent.Nodes);
        Assert.Single(silent.Models);
        await watched.PollAsync();
        Assert.Contains("no answer", Assert.Single(watched.Log.Warnings), StringComparison.Ordinal);

        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a")));
        Assert.Single((await watched.PollAsync()).Nodes);
        watched.Cluster.Nodes.Clear();
        var gone = await watched.PollAsync();
        Assert.Empty(gone.Nodes);
        Assert.Empty(gone.Models);
    }

    [Fact]
    public async Task Time_in_which_nobody_asked_is_no_silence()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        await watched.StartAsync();
        watched.Time.Advance(TimeSpan.FromMinutes(5));
        watched.Cluster.Fail(1);

        Assert.Single((await watched.PollAsync()).Nodes);
    }

    [Fact]
    public async Task All_who_ask_before_a_look_begins_share_it()
    {
        await using var watched = new WatchedCluster();
        var begun = new SemaphoreSlim(0);
        var gate = new SemaphoreSlim(0);
        watched.Cluster.Members = async () =>
        {
            begun.Release();
            await gate.WaitAsync();
            return [];
        };
        await watched.Watch.StartAsync(CancellationToken.None);
        await begun.WaitAsync();

        var asked = Enumerable.Range(0, 10).Select(_ => watched.PollAsync()).ToArray();
        gate.Release();
        await begun.WaitAsync();
        Assert.DoesNotContain(asked, task => task.IsCompleted);
        gate.Release();

        await Task.WhenAll(asked);
        Assert.Equal(2, watched.Cluster.HostReads);
        gate.Release(100);
    }

    [Fact]
    public async Task Members_that_cannot_be_read_are_those_known_and_said_once()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        await watched.StartAsync();
        watched.Cluster.Members = () => throw new InvalidOperationException("no database");

        await watched.PollAsync();
        Assert.Single((await watched.PollAsync()).Nodes);

        Assert.Contains("no database", Assert.Single(watched.Log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_count_for_the_catalog_and_stay_in_force_where_they_cannot_be_read()
    {
        await using var watched = new WatchedCluster();
        var route = new ModelRoute { Model = "a", Epoch = 1, Unloaded = [1], Quarantined = ImmutableDictionary<long, string>.Empty.Add(2, "crash") };
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a", 1), TestNodes.Entry("a", 2), TestNodes.Entry("a", 3)));
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(new(4, ImmutableDictionary<string, ModelRoute>.Empty.Add("a", route)));
        await watched.StartAsync();
        watched.Cluster.Routes = known => known == 4 ? throw new TimeoutException("gone") : Task.FromResult<RoutingTable?>(null);

        var snapshot = await watched.PollAsync();
        await watched.PollAsync();

        var versions = snapshot.Models.Values.Single().Versions;
        Assert.Equal([true, false, false], versions.Select(version => version.IsUnloaded));
        Assert.Equal([null, "crash", null], versions.Select(version => version.Quarantine));
        Assert.Equal([false, false, true], versions.Select(version => version.CanServe));
        Assert.Contains("gone", Assert.Single(watched.Log.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Routes_that_were_refused_once_are_asked_for_again()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        watched.Cluster.Routes = _ => Task.FromException<RoutingTable?>(KreweException.Unavailable("the database cannot be reached"));
        await watched.StartAsync();
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(RoutingTable.Empty with { Sequence = 7 });

        await watched.PollUntilAsync(snapshot => snapshot.Routes.Sequence == 7);
    }

    [Fact]
    public async Task What_is_pushed_shows_at_once_and_an_older_answer_does_not_take_it_back()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a", 1)));
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(RoutingTable.Empty with { Sequence = 4 });
        await watched.StartAsync();
        var (asked, late) = (new TaskCompletionSource(), new TaskCompletionSource<RoutingTable?>());
        watched.Cluster.Routes = _ =>
        {
            asked.TrySetResult();
            return late.Task;
        };
        var polling = watched.PollAsync();
        await asked.Task;

        watched.Cluster.Push(new RouteNews(4, 5, new ModelRoute { Model = "a", Epoch = 1, Unloaded = [1] }));
        Assert.Equal((5, true), (watched.Snapshot.Routes.Sequence, watched.Snapshot.Models.Values.Single().Versions[0].IsUnloaded));
        watched.Cluster.Push(new RouteNews(4, 5, new ModelRoute { Model = "a", Epoch = 1 }));
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(null);
        late.SetResult(RoutingTable.Empty with { Sequence = 4 });
        await polling;

        Assert.Equal(5, watched.Snapshot.Routes.Sequence);
    }

    [Fact]
    public async Task A_book_that_was_set_back_is_followed()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        watched.Cluster.Routes = static known => Task.FromResult(known == 7 ? null : RoutingTable.Empty with { Sequence = 7 });
        await watched.StartAsync();
        watched.Cluster.Routes = static known => Task.FromResult(known == 3 ? null : RoutingTable.Empty with { Sequence = 3 });

        await watched.PollUntilAsync(static snapshot => snapshot.Routes.Sequence == 3);
    }

    [Fact]
    public async Task A_push_that_follows_on_something_unknown_makes_it_look()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        await watched.StartAsync();
        var polls = watched.Cluster.HostReads;

        watched.Cluster.Push(new RouteNews(8, 9, new ModelRoute { Model = "a", Epoch = 1 }));

        // No look comes by itself here.
        await UntilAsync(() => watched.Cluster.HostReads > polls);
    }

    [Fact]
    public async Task A_push_of_what_is_known_makes_it_look_no_more()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        watched.Cluster.Routes = static known => Task.FromResult(known == 9 ? null : RoutingTable.Empty with { Sequence = 9 });
        await watched.StartAsync();
        var polls = watched.Cluster.HostReads;

        watched.Cluster.Push(new RouteNews(8, 9, new ModelRoute { Model = "a", Epoch = 1 }));
        watched.Cluster.Push(new RouteNews(3, 4, new ModelRoute { Model = "a", Epoch = 1 }));

        // Nothing tells that no look is going to come.
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal((polls, 9), (watched.Cluster.HostReads, watched.Snapshot.Routes.Sequence));
    }

    [Fact]
    public async Task An_answer_that_is_newer_than_what_was_pushed_meanwhile_is_taken()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(RoutingTable.Empty with { Sequence = 4 });
        await watched.StartAsync();
        var (asked, late) = (new TaskCompletionSource(), new TaskCompletionSource<RoutingTable?>());
        watched.Cluster.Routes = _ =>
        {
            asked.TrySetResult();
            return late.Task;
        };
        var polling = watched.PollAsync();
        await asked.Task;

        watched.Cluster.Push(new RouteNews(4, 5, new ModelRoute { Model = "a", Epoch = 1 }));
        watched.Cluster.Routes = _ => Task.FromResult<RoutingTable?>(null);
        late.SetResult(RoutingTable.Empty with { Sequence = 9 });
        await polling;

        Assert.Equal(9, watched.Snapshot.Routes.Sequence);
    }

    [Fact]
    public async Task Routes_are_asked_for_once_a_look_where_only_silos_have_changed()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        await watched.StartAsync();
        await watched.PollAsync();
        var asked = watched.Cluster.Shown.Count;
        watched.Cluster.Answer(2, TestNodes.Report(2));

        Assert.Equal(2, (await watched.PollAsync()).Nodes.Length);

        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.Equal(asked + 1, watched.Cluster.Shown.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Routes_that_their_grain_does_not_tell_are_asked_for_through_a_silo_that_answers(bool hasOneThatWasSeen)
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        if (hasOneThatWasSeen)
        {
            watched.Cluster.Answer(2, TestNodes.Report(2));
            await watched.StartAsync();
        }
        else
        {
            watched.Cluster.Nodes[TestNodes.Silo(2)] = static _ => new TaskCompletionSource<NodeReport>().Task;
            await watched.Time.RunAsync(TimeSpan.FromMilliseconds(100), watched.StartAsync());
        }

        // One that is silent, whether it ever answered or not, is not asked.
        watched.Cluster.Nodes[TestNodes.Silo(2)] = static _ => new TaskCompletionSource<NodeReport>().Task;
        watched.Cluster.Routes = static _ => Task.FromException<RoutingTable?>(new TimeoutException("gone"));
        for (var look = 0; look < 20; look++)
        {
            await watched.Time.RunAsync(TimeSpan.FromMilliseconds(100), watched.PollAsync());
        }

        Assert.NotEmpty(watched.Cluster.Through);
        Assert.All(watched.Cluster.Through.Skip(hasOneThatWasSeen ? 2 : 0), static silo => Assert.Equal(TestNodes.Silo(1), silo));
    }

    [Fact]
    public async Task Without_silos_nobody_is_asked_for_routes_and_the_start_is_done()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Routes = _ => throw new InvalidOperationException("nobody is there");

        var snapshot = await watched.StartAsync();

        Assert.Empty(snapshot.Nodes);
        Assert.Empty(watched.Log.Warnings);
    }

    [Fact]
    public async Task Placements_are_expected_until_a_report_shows_them()
    {
        await using var watched = new WatchedCluster();
        var replica = new ReplicaId(TestNodes.Id("a"), 0);
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a", bytes: 77)));
        await watched.StartAsync();

        watched.Watch.Expect(replica, TestNodes.Silo(1));
        await watched.PollAsync();
        Assert.Equal([TestNodes.Silo(1)], watched.Watch.ExpectedAt(replica.Model));
        Assert.Equal((77, 1), (watched.Watch.ExpectedBytes(TestNodes.Silo(1)), watched.Watch.ExpectedReplicas(TestNodes.Silo(1))));
        Assert.Equal(TestNodes.Silo(1), watched.Watch.ExpectedPlace(replica));

        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a", bytes: 77)) with { ResidentSequence = 2, Replicas = [replica] });
        await watched.PollAsync();
        Assert.Empty(watched.Watch.ExpectedAt(replica.Model));
        Assert.Equal(0, watched.Watch.ExpectedBytes(TestNodes.Silo(1)));
        Assert.Equal(77, watched.Snapshot.Nodes[0].PromisedBytes);
    }

    [Fact]
    public async Task Files_that_differ_under_the_same_number_are_warned_of_once()
    {
        await using var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1, TestNodes.Entry("a"), TestNodes.Entry("b")));
        watched.Cluster.Answer(2, TestNodes.Report(2, TestNodes.Entry("a", artifact: "other"), TestNodes.Entry("b")));
        await watched.StartAsync();
        watched.Cluster.Answer(2, TestNodes.Report(2, TestNodes.Entry("a", artifact: "another"), TestNodes.Entry("b")));
        await watched.PollAsync();

        var warning = Assert.Single(watched.Log.Warnings);
        Assert.Contains("a/1", warning, StringComparison.Ordinal);
        Assert.Contains("silo-2", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_stop_the_snapshot_stays_and_no_call_waits()
    {
        var watched = new WatchedCluster();
        watched.Cluster.Answer(1, TestNodes.Report(1));
        await watched.StartAsync();
        await watched.DisposeAsync();

        await watched.Watch.RefreshAsync(CancellationToken.None);

        Assert.Single(watched.Snapshot.Nodes);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void Adding_it_twice_adds_it_once_with_the_options_of_both()
    {
        var services = new ServiceCollection();
        services.AddClusterMonitor(options => options.MaxExpectations = 3);
        services.AddClusterMonitor(options => options.RefreshInterval = TimeSpan.FromSeconds(9));
        using var provider = services.BuildServiceProvider();

        Assert.Single(services, service => service.ServiceType == typeof(IHostedService));
        Assert.Single(services, service => service.ServiceType == typeof(IClusterSnapshotSource));
        var options = provider.GetRequiredService<ClusterMonitorOptions>();
        Assert.Equal((3, TimeSpan.FromSeconds(9)), (options.MaxExpectations, options.RefreshInterval));
    }
}
