using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Tests.Cluster;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Tests.Rollouts;

/// <summary>A version goes while callers call, and while what was decided reaches some processes late.</summary>
public sealed class RetirementTests
{
    private static readonly ChangeAuthor Anna = new("anna", "it is old", DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task Nobody_is_sent_to_a_version_after_it_was_retired_however_late_the_news_come()
    {
        await using var served = await ServedModel.StartAsync(3, 1, 2);
        var (cluster, failures, stop) = (served.Cluster, new ConcurrentQueue<string>(), new CancellationTokenSource());
        var versions = new ConcurrentQueue<(long At, long Version)>();
        for (var silo = 0; silo < 3; silo++)
        {
            Assert.Equal(2, await served.CallAsync(silo));
        }

        (cluster[1].Get<DelayedReader>().NewsDelay, cluster[2].Get<DelayedReader>().NewsDelay) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        var callers = Enumerable.Range(0, 12).Select(caller => Task.Run(() => CallAsync(served, caller % 3, versions, failures, stop.Token))).ToArray();

        await cluster[0].Grains.GetGrain<IModelGrain>("m").RetireAsync(2, Anna);
        var (retiredAt, runs) = (TimeProvider.System.GetTimestamp(), await served.CountRunsAsync(2));
        await cluster.UntilAsync(() => versions.Count(answer => answer.At > retiredAt) > 3000);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Empty(failures);
        Assert.NotEqual(0, runs);
        Assert.Equal(runs, await served.CountRunsAsync(2));
        Assert.Contains(versions, answer => answer.Version == 2);
        Assert.All(versions.Where(answer => answer.At > retiredAt), answer => Assert.Equal(1, answer.Version));
        var refusal = await Assert.ThrowsAsync<KreweException>(() => served.CallAsync(1, "2"));
        Assert.Equal("model 'm' version '2' is not available: it is being deleted", refusal.Message);
    }

    private static async Task CallAsync(
        ServedModel served, int silo, ConcurrentQueue<(long At, long Version)> versions, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var begun = TimeProvider.System.GetTimestamp();
            try
            {
                versions.Enqueue((begun, await served.CallAsync(silo)));
            }
            catch (Exception error)
            {
                failures.Enqueue(error.Message);
            }
        }
    }

    [Fact]
    public async Task A_caller_with_a_stale_snapshot_refreshes_it_and_is_answered_by_another_version()
    {
        await using var served = await ServedModel.StartAsync(2, 1, 2);
        var (cluster, late) = (served.Cluster, served.Cluster[1]);
        Assert.Equal(2, await served.CallAsync(1));

        // As if it had been taken for dead: the silos take no calls for version 2, and this process does not know.
        late.Get<DelayedReader>().NewsDelay = TimeSpan.FromSeconds(2);
        var before = late.Snapshots.Current.Routes;
        var model = cluster[0].Grains.GetGrain<IModelGrain>("m");
        await model.SetUnloadedAsync([2], unloaded: true);
        await model.WaitUntilAppliedAsync();
        var known = ReferenceEquals(before, late.Snapshots.Current.Routes);

        Assert.Equal(1, await served.CallAsync(1));
        Assert.True(known, "the news came too early for this test");
    }
}
