using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Breaking;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>Load that is refused, and versions that keep failing.</summary>
public sealed class ProtectionTests
{
    [Fact]
    public async Task Beyond_the_places_there_are_calls_are_refused_at_once_and_later_taken_again()
    {
        using var cluster = new FakeCluster(
            options => (options.MaxOutstanding, options.MaxOutstandingPerVersion) = (3, 2), null, FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1));
        var hold = new TaskCompletionSource();
        cluster["m", 1, 0].OnInfer = cluster["n", 1, 0].OnInfer = async (request, _, _) =>
        {
            await hold.Task;
            return Replies.Answer(request);
        };
        var held = new[] { cluster.InferAsync("m"), cluster.InferAsync("m") };

        Assert.Equal("too many requests for model 'm/1' are under way", (await FailOverloadedAsync(cluster, "m")).Message);
        var other = cluster.InferAsync("n");
        Assert.Equal("too many requests are under way", (await FailOverloadedAsync(cluster, "n")).Message);

        hold.SetResult();
        await Task.WhenAll([.. held, other]);
        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal(2, cluster.Counters.Shed);
        Assert.Single(cluster.Log.Ids, 470);
    }

    [Fact]
    public async Task Refusals_are_logged_every_ten_seconds_at_most()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(options => options.MaxOutstanding = 1, clock, FakeSnapshots.Version("m", 1));
        var hold = new TaskCompletionSource();
        cluster["m", 1, 0].OnInfer = async (request, _, _) =>
        {
            await hold.Task;
            return Replies.Answer(request);
        };
        var held = cluster.InferAsync("m");

        foreach (var (seconds, lines) in ((int, int)[])[(0, 1), (9, 1), (1, 2), (1, 2)])
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            await FailOverloadedAsync(cluster, "m");
            Assert.Equal(lines, cluster.Log.Ids.Count(static id => id == 470));
        }

        hold.SetResult();
        await held;
    }

    [Fact]
    public async Task Inputs_under_way_are_bounded_in_bytes_but_one_request_always_fits()
    {
        using var cluster = new FakeCluster(options => options.MaxInputBytes = 1, versions: FakeSnapshots.Version("m", 1));
        var hold = new TaskCompletionSource();
        cluster["m", 1, 0].OnInfer = async (request, _, _) =>
        {
            await hold.Task;
            return Replies.Answer(request);
        };
        var held = cluster.InferAsync("m");

        await FailOverloadedAsync(cluster, "m");
        hold.SetResult();
        await held;
        Assert.Equal(0, cluster.Admission.InputBytes);
    }

    [Fact]
    public async Task A_version_that_keeps_failing_is_left_alone_and_tried_now_and_then()
    {
        var clock = new FakeTimeProvider();
        using var cluster = new FakeCluster(time: clock, versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it does not load"));
        for (var i = 0; i < CircuitBreaker.Threshold; i++)
        {
            await cluster.FailAsync("m");
        }

        var refused = await cluster.FailAsync("m");
        Assert.Equal("model 'm/1' keeps failing and its circuit breaker is open: it does not load", refused.Message);
        Assert.Equal((KreweErrorCode.Unavailable, TimeSpan.FromSeconds(1)), (refused.Code, refused.RetryAfter));
        Assert.Equal(CircuitBreaker.Threshold, replica.Calls.Count);
        Assert.Single(cluster.Log.Ids, 475);

        replica.OnInfer = (request, _, _) => Task.FromResult(Replies.Answer(request));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Equal(2, await cluster.InferAsync("m"));
        Assert.Single(cluster.Log.Ids, 476);
    }

    [Fact]
    public async Task Copies_take_no_place_from_calls_and_open_no_circuit()
    {
        using var cluster = new FakeCluster(options => options.MaxOutstanding = 1, versions: FakeSnapshots.Version("m", 1));
        var hold = new TaskCompletionSource();
        cluster["m", 1, 0].OnInfer = async (request, _, _) =>
        {
            await (request.IsBackground ? Task.CompletedTask : hold.Task);
            return Replies.Answer(request);
        };
        var held = cluster.InferAsync("m");
        await CopyAsync(cluster);
        Assert.Equal(1, cluster.Admission.Outstanding);
        hold.SetResult();
        await held;
        Assert.Equal(0, cluster.Admission.Outstanding);

        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it does not load"));
        for (var i = 0; i < CircuitBreaker.Threshold; i++)
        {
            await Assert.ThrowsAsync<KreweException>(() => CopyAsync(cluster));
        }

        Assert.Null(cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Breaker);
    }

    [Fact]
    public async Task Copies_to_a_version_that_keeps_failing_are_refused_unsent()
    {
        using var cluster = new FakeCluster(
            time: new FakeTimeProvider(), versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("n", 1, error: "it is damaged")]);
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it does not load"));
        for (var i = 0; i < CircuitBreaker.Threshold; i++)
        {
            await cluster.FailAsync("m");
        }

        var refused = await Assert.ThrowsAsync<KreweException>(() => CopyAsync(cluster));
        Assert.Equal("model 'm' version '1' is not available: it keeps failing", refused.Message);
        Assert.Equal(CircuitBreaker.Threshold, cluster["m", 1, 0].Calls.Count);

        refused = await Assert.ThrowsAsync<KreweException>(() => CopyAsync(cluster, "n"));
        Assert.Equal("model 'n' version '1' is not available: it is damaged", refused.Message);
        Assert.Empty(cluster["n", 1, 0].Calls);
    }

    [Fact]
    public async Task Faults_of_callers_and_full_queues_open_no_circuit()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        foreach (var code in new[] { KreweErrorCode.InvalidInput, KreweErrorCode.Overloaded, KreweErrorCode.DeadlineExceeded })
        {
            cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(code));
            for (var i = 0; i < 2 * CircuitBreaker.Threshold; i++)
            {
                Assert.Equal(code, (await cluster.FailAsync("m")).Code);
            }
        }
    }

    [Fact]
    public async Task Losses_that_a_retry_made_good_open_no_circuit()
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        var replica = cluster["m", 1, 0];
        replica.OnInfer = (request, _, _) => replica.Calls.Count % 2 == 1 ? Replies.Lost() : Task.FromResult(Replies.Answer(request));
        for (var i = 0; i < 2 * CircuitBreaker.Threshold; i++)
        {
            Assert.Equal(2, await cluster.InferAsync("m"));
        }

        Assert.Null(cluster.Traffics.Of(FakeSnapshots.Id("m", 1)).Breaker);
    }

    [Fact]
    public async Task An_open_circuit_sends_who_names_no_version_to_an_older_one()
    {
        using var cluster = new FakeCluster(time: new FakeTimeProvider(), versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);
        cluster["m", 2, 0].OnInfer = (_, _, _) => Task.FromResult(Replies.Fault(KreweErrorCode.Unavailable, "it does not load"));
        for (var i = 0; i < CircuitBreaker.Threshold + 5; i++)
        {
            Assert.Equal(2, await cluster.InferAsync("m"));
        }

        Assert.Equal(CircuitBreaker.Threshold, cluster["m", 2, 0].Calls.Count);
    }

    /// <summary>A call as a shadow copy makes it, to version 1.</summary>
    private static async Task CopyAsync(FakeCluster cluster, string model = "m")
    {
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse(model, "1"), Inputs = [TensorOf.Values("x", [1], 1f)], IsBackground = true,
        };
        using var response = await cluster.Host.InferAsync(request, CancellationToken.None);
    }

    private static async Task<KreweException> FailOverloadedAsync(FakeCluster cluster, string model)
    {
        var error = await cluster.FailAsync(model);
        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.NotNull(error.RetryAfter);
        return error;
    }
}
