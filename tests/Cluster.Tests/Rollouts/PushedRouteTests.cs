using System.Diagnostics;
using Krewe.Cluster.Tests.Setup;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>How soon everybody who routes goes by what was decided.</summary>
public sealed class PushedRouteTests(DatabaseFixture database)
{
    private const int Gateways = 3;
    private const int Changes = 20;

    [Fact]
    public async Task An_alias_is_followed_by_every_gateway_as_soon_as_it_is_set()
    {
        using var models = RolledModel.CreateFolder();
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 2, Gateways = Gateways });
        using var model = new RolledModel(cluster);
        HttpClient[] callers = [.. Enumerable.Range(0, Gateways).Select(cluster.CreateClient)];
        var (set, followed) = (new List<double>(), new List<double>());
        for (var change = 0; change < Changes; change++)
        {
            var version = (change % 2) + 1;
            var start = Stopwatch.GetTimestamp();
            await model.PutAsync("aliases/prod", $$"""{"version":{{version}}}""");
            var answered = Stopwatch.GetTimestamp();
            await Task.WhenAll(callers.Select(caller => FollowAsync(caller, version)));

            // The first two load the versions.
            if (change > 1)
            {
                set.Add(Stopwatch.GetElapsedTime(start, answered).TotalMilliseconds);
                followed.Add(Stopwatch.GetElapsedTime(answered).TotalMilliseconds);
            }
        }

        Array.ForEach(callers, static caller => caller.Dispose());
        Summary.Say(
            $"An alias moved {followed.Count} times: answered after {Describe(set)}, followed by all of {Gateways} gateways {Describe(followed)} later");
        Assert.True(Median(followed) < 200, $"followed after {Describe(followed)}: that is the poll's pace");
    }

    private static async Task FollowAsync(HttpClient caller, int version)
    {
        while (true)
        {
            var answer = await caller.PostOkAsync(Calls.InferPath(RolledModel.Name), Calls.Linear);
            if (answer.GetProperty("model_version").GetString() == $"{version}")
            {
                return;
            }
        }
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static string Describe(List<double> times) => $"{Median(times):0} ms (median), {times.Max():0} ms (longest)";
}
