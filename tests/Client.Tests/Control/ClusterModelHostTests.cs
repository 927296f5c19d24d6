using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Tests.Control;

public sealed class ClusterModelHostTests
{
    [Fact]
    public async Task The_list_is_that_of_all_silos_that_answer()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1)]);
        cluster.NodeOf(1).List = [Status("m", 1, VersionState.Ready)];
        cluster.NodeOf(2).List = [Status("m", 1, VersionState.Absent), Status("n", 1, VersionState.Absent)];
        Assert.Equal(["m Ready", "n Absent"], (await cluster.Host.ListAsync(default)).Select(status => $"{status.Name} {status.State}"));

        cluster.NodeOf(1).IsLost = true;

        Assert.Equal(["m Absent", "n Absent"], (await cluster.Host.ListAsync(default)).Select(status => $"{status.Name} {status.State}"));
        Assert.Equal("n", Assert.Single(await cluster.Host.ListAsync(ModelName.Parse("n"), default)).Name.Value);
        var unknown = await Assert.ThrowsAsync<KreweException>(() => cluster.Host.ListAsync(ModelName.Parse("x"), default).AsTask());
        Assert.Equal(KreweErrorCode.ModelNotFound, unknown.Code);
    }

    [Fact]
    public async Task Readiness_is_that_of_any_silo()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        Assert.True((await cluster.Host.GetReadinessAsync(default)).IsReady);
        Assert.True(await cluster.Host.IsReadyAsync(ModelReference.Parse("m"), default));

        cluster.Snapshots.Current = ClusterSnapshot.Empty;

        Assert.Equal("no silo that hosts models can be reached", (await cluster.Host.GetReadinessAsync(default)).Reason);
        Assert.False(await cluster.Host.IsReadyAsync(ModelReference.Parse("m"), default));
    }

    [Fact]
    public async Task Versions_that_cannot_serve_are_not_ready_and_unknown_ones_are_unknown()
    {
        using var cluster = new FakeCluster(versions:
        [
            FakeSnapshots.Version("m", 1, unloaded: true), FakeSnapshots.Version("m", 2, error: "broken"), FakeSnapshots.Version("m", 3, quarantine: "bad"),
            FakeSnapshots.Version("m", 4, needs: ExecutionProvider.Cuda),
        ]);

        foreach (var version in new[] { "1", "2", "3", "4" })
        {
            Assert.False(await cluster.Host.IsReadyAsync(ModelReference.Parse("m", version), default));
        }

        await Assert.ThrowsAsync<KreweException>(() => cluster.Host.IsReadyAsync(ModelReference.Parse("m", "9"), default).AsTask());
    }

    [Fact]
    public async Task A_signature_is_asked_for_once_and_names_the_versions_of_the_cluster()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);
        cluster.NodeOf(1).IsLost = true;
        cluster.NodeOf(1).Metadata = cluster.NodeOf(2).Metadata = reference =>
            new ModelMetadata(new ModelId(reference.Name, reference.Version.Number!.Value), [new ModelVersion(2)], "onnx", [], []);
        for (var i = 0; i < 3; i++)
        {
            var metadata = await cluster.Host.GetMetadataAsync(ModelReference.Parse("m"), default);
            Assert.Equal("m/2", metadata.Model.ToString());
            Assert.Equal([1, 2], metadata.Versions.Select(version => version.Number));
        }

        Assert.Equal(1, cluster.NodeOf(2).MetadataQuestions);

        // Its folder changes.
        var nodes = cluster.Snapshots.Current.Nodes.Select(static node => FakeSnapshots.With(node, catalogSequence: 2));
        cluster.Snapshots.Current = FakeSnapshots.Of([.. nodes], FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2));
        await cluster.Host.GetMetadataAsync(ModelReference.Parse("m"), default);
        Assert.Equal(2, cluster.NodeOf(2).MetadataQuestions);
    }

    [Fact]
    public async Task The_last_silo_that_can_tell_a_signature_may_take_its_time()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster.NodeOf(1).IsLost = true;
        cluster.NodeOf(2).MetadataTime = TimeSpan.FromSeconds(2.5);
        cluster.NodeOf(1).Metadata = cluster.NodeOf(2).Metadata = reference =>
            new ModelMetadata(new ModelId(reference.Name, reference.Version.Number!.Value), [], "onnx", [], []);

        Assert.Equal("m/1", (await cluster.Host.GetMetadataAsync(ModelReference.Parse("m"), default)).Model.ToString());
    }

    [Fact]
    public async Task What_a_silo_says_is_wrong_with_a_version_is_told()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, error: "its graph is wrong"));
        cluster.NodeOf(1).Metadata = cluster.NodeOf(2).Metadata = _ => throw KreweException.Unavailable("its graph is wrong");

        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Host.GetMetadataAsync(ModelReference.Parse("m"), default).AsTask());

        Assert.Equal((KreweErrorCode.Unavailable, "its graph is wrong"), (error.Code, error.Message));
    }

    [Fact]
    public async Task Statistics_are_summed_and_a_named_version_is_there_even_if_nobody_called_it()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1)]);
        cluster.NodeOf(1).Statistics = cluster.NodeOf(2).Statistics = [new ModelStatistics { Model = FakeSnapshots.Id("m", 1), InferenceCount = 4 }];

        Assert.Equal(8, Assert.Single(await cluster.Host.GetStatisticsAsync(null, default)).InferenceCount);
        cluster.NodeOf(1).Statistics = cluster.NodeOf(2).Statistics = [];
        Assert.Equal(0, Assert.Single(await cluster.Host.GetStatisticsAsync(ModelReference.Parse("n"), default)).InferenceCount);
        await Assert.ThrowsAsync<KreweException>(() => cluster.Host.GetStatisticsAsync(ModelReference.Parse("x"), default).AsTask());
    }

    [Fact]
    public async Task Metrics_are_this_processes_and_the_silos()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster.NodeOf(1).Metrics = "# HELP krewe_sessions_loaded x\n# TYPE krewe_sessions_loaded gauge\nkrewe_sessions_loaded 3\n";
        await cluster.InferAsync("m");

        Assert.Equal(1, cluster.Measured.Read("krewe_gateway_attempts_total")[""]);
        Assert.Equal(
            "# HELP krewe_sessions_loaded x\n# TYPE krewe_sessions_loaded gauge\nkrewe_sessions_loaded{silo=\"silo-1\"} 3\n",
            await cluster.SiloMetrics.ReadAsync(default));
    }

    [Fact]
    public async Task To_load_lets_the_version_in_loads_it_and_forgets_that_it_failed()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1, unloaded: true), FakeSnapshots.Version("m", 2, unloaded: true)]);
        Follow(cluster);
        cluster.ModelOf("m").Route = cluster.ModelOf("m").Route with { Unloaded = [1, 2] };
        cluster.ModelOf("m").Failures.Enqueue(new SiloUnavailableException("gone"));

        await cluster.Host.LoadAsync(ModelReference.Parse("m", "1"), default);

        Assert.Equal(1, cluster["m", 1, 0].Loads);
        Assert.Equal(0, cluster["m", 2, 0].Loads);
        Assert.Equal([2L], cluster.ModelOf("m").Route.Unloaded);
        Assert.Equal(2, await cluster.InferAsync("m", version: 1));
    }

    [Fact]
    public async Task A_load_that_fails_says_why()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2, quarantine: "it took two silos down")]);
        cluster["m", 1, 0].OnLoad = () => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "its graph is wrong"));

        Assert.Equal("its graph is wrong", await Fail("1"));
        Assert.Equal("model 'm' version '2' is not available: it took two silos down", await Fail("2"));

        async Task<string> Fail(string version) => (await Assert.ThrowsAsync<KreweException>(
            () => cluster.Host.LoadAsync(ModelReference.Parse("m", version), default).AsTask())).Message;
    }

    [Fact]
    public async Task To_unload_takes_all_versions_out_where_none_is_named_and_the_caller_sees_it_at_once()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);
        Follow(cluster);

        await cluster.Host.UnloadAsync(ModelReference.Parse("m"), default);

        Assert.Equal([1L, 2L], cluster.ModelOf("m").Route.Unloaded.Order());
        Assert.Equal("model 'm' version '2' is unloaded; load it to serve it again", (await cluster.FailAsync("m")).Message);
    }

    [Fact]
    public async Task What_cannot_be_reached_fails_as_unavailable()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster.ModelOf("m").Failures.Enqueue(new TimeoutException());
        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Host.UnloadAsync(ModelReference.Parse("m"), default).AsTask());
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
    }

    [Fact]
    public async Task A_model_that_came_a_moment_ago_is_found_by_operators()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster.Snapshots.OnRefresh = () => FakeSnapshots.Of(1, FakeSnapshots.Version("m", 1), FakeSnapshots.Version("new", 1));

        await cluster.Host.LoadAsync(ModelReference.Parse("new"), default);

        Assert.Equal(1, cluster["new", 1, 0].Loads);
    }

    [Fact]
    public async Task Quarantine_is_cleared_where_there_is_one_and_unknown_names_are_errors()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1, quarantine: "bad"), FakeSnapshots.Version("m", 2)]);
        Follow(cluster);
        cluster.ModelOf("m").Route = cluster.ModelOf("m").Route with { Quarantined = ImmutableDictionary<long, string>.Empty.Add(1, "bad") };
        Assert.Equal("m/1", Assert.Single((await cluster.Control.GetClusterAsync(default)).Quarantined).Model.ToString());

        await cluster.Control.ClearQuarantineAsync(ModelReference.Parse("m"), default);

        Assert.Empty(cluster.ModelOf("m").Route.Quarantined);
        Assert.Equal((1, 0), (cluster.ModelOf("m").OfVersion(1).Cleared, cluster.ModelOf("m").OfVersion(2).Cleared));
        Assert.Empty((await cluster.Control.GetClusterAsync(default)).Quarantined);
        await Assert.ThrowsAsync<KreweException>(() => cluster.Control.ClearQuarantineAsync(ModelReference.Parse("x"), default).AsTask());
    }

    [Fact]
    public async Task The_snapshot_lists_the_silos_by_name()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));

        var snapshot = await cluster.Control.GetClusterAsync(default);

        Assert.Equal(["silo-1 127.0.0.1:11111 10", "silo-2 127.0.0.1:11112 20"], snapshot.Silos.Select(silo => $"{silo.Name} {silo.Address} {silo.MemoryUsedBytes}"));
    }

    /// <summary>The snapshot follows the routes, as the real one does.</summary>
    private static void Follow(FakeCluster cluster) => cluster.Snapshots.OnRefresh = () =>
    {
        var versions = cluster.Snapshots.Current.Models.Values.SelectMany(model => model.Versions).Select(version =>
        {
            var route = cluster.ModelOf(version.Id.Name.Value).Route;
            return version with
            {
                IsUnloaded = route.Unloaded.Contains(version.Id.Version.Number),
                Quarantine = route.Quarantined.GetValueOrDefault(version.Id.Version.Number),
            };
        });
        return FakeSnapshots.Of(2, [.. versions]);
    };

    private static ModelVersionStatus Status(string name, long version, VersionState state) =>
        new(ModelName.Parse(name), new ModelVersion(version), state, "");
}
