using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Tests.Routing.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

/// <summary>Which calls are asked after, and when, by a clock that the test moves.</summary>
public sealed class CallWatchTimesTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1), Timeout = TimeSpan.FromSeconds(2);
    private readonly FakeTimeProvider clock = new();
    private readonly FakeCluster cluster;
    private readonly FakeReplica replica;
    private readonly TaskCompletionSource end = new();

    public CallWatchTimesTests()
    {
        cluster = new FakeCluster(
            options => (options.WatchInterval, options.WatchTimeout) = (Interval, Timeout), clock, FakeSnapshots.Version("m", 1));
        replica = cluster["m", 1, 0];
        replica.OnInfer = async (request, mark, _) =>
        {
            marks = marks.Add(mark);
            await end.Task;
            return Replies.Answer(request);
        };
    }

    private ImmutableArray<long> marks = [];

    public void Dispose() => cluster.Dispose();

    // A question without marks is the probe of a lost replica.
    private long[][] Asked => [.. replica.Questions.Where(static asked => !asked.IsEmpty).Select(static asked => asked.ToArray())];

    [Fact]
    public async Task A_call_is_asked_after_once_an_interval_and_younger_ones_are_not()
    {
        var old = Begin();
        clock.Advance(Interval * 0.9);
        var young = Begin();
        clock.Advance(Interval * 0.1);
        await UntilAskedAsync(1);
        await SettleAsync();

        // Four polls an interval: the call that was answered for is not due at the next ones, the younger one neither.
        clock.Advance(Interval * 0.75);
        await SettleAsync();
        Assert.Equal([[marks[0]]], Asked);
        await UntilAskedAsync(3, Interval / 4);

        Assert.Contains(Asked.Skip(1), asked => asked.Contains(marks[0]));
        Assert.Contains(Asked.Skip(1), asked => asked.Contains(marks[1]));
        end.SetResult();
        await Task.WhenAll(old, young);
        Assert.Equal(0, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task Where_one_was_lost_those_that_began_before_the_look_are_asked_after_too()
    {
        replica.OnAsked = mark => Task.FromResult(mark != marks[0]);
        var (lost, known) = (Begin(), Begin());
        clock.Advance(Interval * 0.9);
        var young = Begin();
        clock.Advance(Interval * 0.1);
        await UntilAskedAsync(3, TimeSpan.FromMilliseconds(10));

        Assert.Equal([[marks[0], marks[1]], [marks[0]], [marks[2]]], Asked.Take(3).Select(static asked => asked.Order().ToArray()));
        end.SetResult();
        await Task.WhenAll(lost, known, young);
        Assert.Equal(1, cluster.Counters.Abandoned);
    }

    [Fact]
    public async Task Where_nothing_comes_calls_that_began_before_the_look_are_given_up_and_later_ones_are_not()
    {
        replica.OnAsked = static _ => new TaskCompletionSource<bool>().Task;
        Task[] silent = [Begin(1)];
        clock.Advance(Interval * 0.9);
        silent = [.. silent, Begin(2)];
        clock.Advance(Interval * 0.1);
        await UntilAskedAsync(1);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = Begin(3);

        // One question at a time, however many polls there are meanwhile.
        clock.Advance((Timeout / 2) - TimeSpan.FromMilliseconds(2));
        await SettleAsync();
        Assert.Single(Asked);
        await UntilAskedAsync(2, TimeSpan.FromMilliseconds(10));
        await RunUntilAsync(() => cluster.Counters.Abandoned > 0, TimeSpan.FromMilliseconds(10));

        Assert.Equal(2, cluster.Counters.Abandoned);
        Assert.All(Asked, asked => Assert.Equal([marks[0]], asked));
        replica.OnAsked = static _ => Task.FromResult(true);
        end.SetResult();
        await RunUntilAsync(() => later.IsCompleted && Array.TrueForAll(silent, static call => call.IsCompleted), TimeSpan.FromMilliseconds(10));
        await Task.WhenAll([later, .. silent]);
        Assert.Equal([1, 1, 2, 2, 3], replica.Calls.Select(static call => call.Inputs[0].AsSpan<float>()[0]).Order());
    }

    [Fact]
    public async Task A_question_that_is_refused_is_put_again_a_moment_later()
    {
        replica.OnAsked = _ => replica.Questions.Count == 1 ? Task.FromException<bool>(new SiloUnavailableException("gone")) : Task.FromResult(true);
        var call = Begin();
        clock.Advance(Interval);
        await UntilAskedAsync(1);
        await SettleAsync();
        clock.Advance(TimeSpan.FromMilliseconds(149));
        await SettleAsync();
        Assert.Single(Asked);
        var soon = clock.GetTimestamp();
        await UntilAskedAsync(2, TimeSpan.FromMilliseconds(1));

        Assert.InRange(clock.GetElapsedTime(soon), TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        end.SetResult();
        await call;
        Assert.Equal(0, cluster.Counters.Abandoned);
    }

    private Task<float> Begin(float value = 1)
    {
        var call = cluster.InferAsync("m", value);
        Assert.False(call.IsCompleted);
        return call;
    }

    private Task UntilAskedAsync(int times, TimeSpan step = default) => RunUntilAsync(() => Asked.Length >= times, step);

    /// <summary>Lets time pass by steps until something has come.</summary>
    private Task RunUntilAsync(Func<bool> condition, TimeSpan step) => cluster.UntilAsync(() =>
    {
        if (condition())
        {
            return true;
        }

        clock.Advance(step);
        return false;
    });

    /// <summary>Nothing tells that the watch has taken an answer, or that it is not going to ask.</summary>
    private static Task SettleAsync() => Task.Delay(100, TestContext.Current.CancellationToken);
}
