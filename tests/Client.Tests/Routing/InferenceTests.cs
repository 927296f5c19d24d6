using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Client.Monitoring;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>An inference from the host to the replicas and back, where nothing is lost.</summary>
public sealed class InferenceTests
{
    [Fact]
    public async Task The_replica_gets_the_version_by_number_and_what_is_left_of_the_time()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);

        Assert.Equal(6, await cluster.InferAsync("m", 5, timeout: TimeSpan.FromSeconds(60)));

        var received = Assert.Single(cluster["m", 2, 0].Calls);
        Assert.Equal("m/2", received.Model.ToString());
        Assert.InRange(received.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal(0, cluster.Admission.Outstanding);
        Assert.Equal(0, cluster.Admission.InputBytes);
    }

    [Fact]
    public async Task As_many_replicas_are_called_as_the_last_reply_says_there_are()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request, replicas: 3));
        for (var i = 0; i < 200; i++)
        {
            await cluster.InferAsync("m");
        }

        Assert.All(new[] { 0, 1, 2 }, index => Assert.NotEmpty(cluster["m", 1, index].Calls));
        Assert.Empty(cluster["m", 1, 3].Calls);
    }

    [Fact]
    public async Task The_first_calls_go_to_as_many_replicas_as_the_settings_want_at_least()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        for (var i = 0; i < 100; i++)
        {
            await cluster.InferAsync("m");
        }

        Assert.NotEmpty(cluster["m", 1, 0].Calls);
        Assert.NotEmpty(cluster["m", 1, 1].Calls);
    }

    [Fact]
    public async Task Replicas_heard_of_long_ago_do_not_count()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request, replicas: 2));
        await cluster.InferAsync("m");
        clock.Advance(TimeSpan.FromMinutes(1));
        await cluster.InferAsync("m");

        Assert.Equal(2, cluster["m", 1, 0].Calls.Count);
    }

    [Theory]
    [InlineData(KreweErrorCode.InvalidInput)]
    [InlineData(KreweErrorCode.Internal)]
    [InlineData(KreweErrorCode.Overloaded)]
    [InlineData(KreweErrorCode.VersionNotFound)]
    public async Task What_a_replica_says_is_wrong_is_told_to_the_caller_and_not_tried_again(KreweErrorCode code)
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(code, "so it is"));

        var error = await cluster.FailAsync("m");

        Assert.Equal((code, "so it is"), (error.Code, error.Message));
        Assert.Single(cluster["m", 1, 0].Calls);
    }

    [Fact]
    public async Task A_full_queue_is_avoided_once()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 2));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Overloaded));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(2, await cluster.InferAsync("m"));
        }

        cluster["m", 1, 1].OnInfer = cluster["m", 1, 0].OnInfer;
        var before = cluster["m", 1, 0].Calls.Count + cluster["m", 1, 1].Calls.Count;
        Assert.Equal(KreweErrorCode.Overloaded, (await cluster.FailAsync("m")).Code);
        Assert.Equal(before + 2, cluster["m", 1, 0].Calls.Count + cluster["m", 1, 1].Calls.Count);
    }

    [Fact]
    public async Task A_replica_that_moves_is_asked_again()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) => Task.FromResult(
            replica.Calls.Count < 4 ? Replies.Fault(KreweErrorCode.Unavailable, "it moves", tryElsewhere: true) : Replies.Answer(request));

        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal(4, replica.Calls.Count);
    }

    [Fact]
    public async Task Calls_that_wait_for_the_first_snapshot_share_one_refresh()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var snapshot = cluster.Snapshots.Current;
        cluster.Snapshots.Current = ClusterSnapshot.Empty;
        cluster.Snapshots.OnRefresh = () => snapshot;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => cluster.InferAsync("m")));

        Assert.Equal(1, cluster.Snapshots.Refreshes);
    }

    [Fact]
    public async Task A_request_that_no_message_can_carry_is_refused_before_anything_is_sent()
    {
        using var cluster = new FakeCluster(options => options.MaxMessageBytes = 4096, versions: FakeSnapshots.Version("m", 1));
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse("m"),
            Inputs = [TensorOf.Values("x", [1024], new float[1024])],
        };

        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.Host.InferAsync(request, default).AsTask());

        Assert.Equal(KreweErrorCode.PayloadTooLarge, error.Code);
        Assert.Empty(cluster["m", 1, 0].Calls);
        Assert.Empty(cluster["m", 1, 0].Questions);
        Assert.Equal(2, await cluster.InferAsync("m"));
    }

    [Fact]
    public async Task Excluded_versions_are_refused_with_the_reason_and_nobody_is_asked()
    {
        using var cluster = new FakeCluster(versions:
        [
            FakeSnapshots.Version("m", 1, unloaded: true), FakeSnapshots.Version("m", 2, quarantine: "it took two silos down"),
            FakeSnapshots.Version("cuda", 1, needs: ExecutionProvider.TensorRt),
        ]);

        Assert.Equal("model 'm' version '1' is unloaded; load it to serve it again", await Fail("m", 1));
        Assert.Equal("model 'm' version '2' is not available: it took two silos down", await Fail("m", 2));
        Assert.Contains("it needs TensorRT", await Fail("cuda", 1));
        Assert.Empty(cluster["m", 1, 0].Calls);

        async Task<string> Fail(string model, long version)
        {
            var error = await cluster.FailAsync(model, version);
            Assert.Equal(KreweErrorCode.Unavailable, error.Code);
            return error.Message;
        }
    }

    [Fact]
    public async Task A_version_that_silos_say_is_broken_is_tried_once_a_second_all_the_same()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1, error: "its graph is wrong"));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "its graph is still wrong"));

        Assert.Equal("its graph is still wrong", (await cluster.FailAsync("m")).Message);
        Assert.Equal("model 'm' version '1' is not available: its graph is wrong", (await cluster.FailAsync("m")).Message);
        replica.OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await cluster.InferAsync("m"));
    }

    [Fact]
    public async Task Who_names_no_version_gets_an_older_one_where_the_newest_does_not_load()
    {
        using var cluster = new FakeCluster(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2), FakeSnapshots.Version("m", 3)]);
        cluster["m", 3, 0].OnInfer = cluster["m", 2, 0].OnInfer =
            (request, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, $"{request.Model} does not load"));

        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal("m/3 does not load", (await cluster.FailAsync("m", version: 3)).Message);
        cluster["m", 1, 0].OnInfer = cluster["m", 3, 0].OnInfer;
        Assert.Equal("m/3 does not load", (await cluster.FailAsync("m")).Message);

        // What an older version says of the input counts, not why a newer one does not load.
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.InvalidInput, "the input is wrong"));
        Assert.Equal("the input is wrong", (await cluster.FailAsync("m")).Message);
    }

    [Fact]
    public async Task Before_the_first_look_a_call_waits_for_it()
    {
        using var cluster = new FakeCluster();
        cluster.Snapshots.Current = ClusterSnapshot.Empty;
        var polls = 0;
        cluster.Snapshots.OnRefresh = () => ++polls < 3 ? null : FakeSnapshots.Of(1, FakeSnapshots.Version("m", 1));

        Assert.Equal(2, await cluster.InferAsync("m", timeout: TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Without_any_silo_a_call_fails_in_the_end_as_unavailable()
    {
        using var cluster = new FakeCluster(options => options.LossTimeout = TimeSpan.FromMilliseconds(50));
        cluster.Snapshots.Current = ClusterSnapshot.Empty;

        var error = await cluster.FailAsync("m");

        Assert.Equal((KreweErrorCode.Unavailable, "no silo that hosts models can be reached"), (error.Code, error.Message));
    }
}
