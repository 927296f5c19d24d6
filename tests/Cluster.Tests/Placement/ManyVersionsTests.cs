using System.Globalization;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Placement;

/// <summary>Far more versions than memory.</summary>
[Trait("category", "long")]
public sealed class ManyVersionsTests(SharedServer database)
{
    private const int Versions = 2000;
    private const int Callers = 16;
    private const long Budget = 256L << 20;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Zipf_calls_to_two_thousand_versions_fit_into_three_budgets()
    {
        using var models = new ModelsFolder();
        var bytes = TinyModels.Big(512 << 10).ToBytes();
        for (var i = 0; i < Versions; i++)
        {
            models.Add(Name(i), 1, bytes);
        }

        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, SiloOptions = ["--memory-budget", "256MiB"] });
        var (zipf, seed) = (new Zipf(Versions), Replay.Seed());
        var load = SteadyLoad.Start(Callers, number =>
        {
            var random = new Random(seed + number);
            var client = cluster.CreateClient();
            return async _ =>
            {
                var (status, text) = await client.PostAsync(Calls.InferPath(Name(zipf.Next(random))), Calls.Big);
                return status == 200 ? null : $"{status} {text}";
            };
        });
        var most = await WatchMemoryAsync(cluster, Duration);
        await load.StopAsync();

        var used = (await SilosAsync(cluster)).Select(static silo => silo.Used).ToArray();
        Summary.Say($"{Versions} versions, three silos of 256 MiB, Zipf, {Callers} callers: {load}; most used "
            + $"{string.Join(", ", most.Select(static bytes => $"{bytes >> 20} MiB"))}, at the end {string.Join(", ", used.Select(static bytes => $"{bytes >> 20} MiB"))}");
        Assert.Empty(load.Failures);
        Assert.All(most, static bytes => Assert.InRange(bytes, 0, Budget));
        Assert.True(used.Min() > used.Max() / 2, "the load is spread");
        await AssertStaysWhereItIsAsync(cluster);
    }

    /// <summary>Calls that come again find their version where it is: nothing is loaded for them.</summary>
    private static async Task AssertStaysWhereItIsAsync(TestCluster cluster)
    {
        using var client = cluster.CreateClient();
        foreach (var round in Enumerable.Range(0, 2))
        {
            var before = await LoadsAsync(client);
            foreach (var i in Enumerable.Range(0, 100))
            {
                await client.PostOkAsync(Calls.InferPath(Name(i)), Calls.Big);
            }

            if (round == 1)
            {
                Assert.Equal(before, await LoadsAsync(client));
            }
        }
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"m{number:0000}");

    private static async Task<double> LoadsAsync(HttpClient client) =>
        (await Metrics.ReadAsync(client, "krewe_load_duration_seconds_count")).Sum(static sample => sample.Value);

    private static async Task<long[]> WatchMemoryAsync(TestCluster cluster, TimeSpan duration)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var most = new long[cluster.Silos.Length];
        while (watch.Elapsed < duration)
        {
            var silos = await SilosAsync(cluster);
            for (var i = 0; i < silos.Count; i++)
            {
                most[i] = Math.Max(most[i], silos[i].Used);
            }

            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        return most;
    }

    private static async Task<List<(string Name, long Used)>> SilosAsync(TestCluster cluster) =>
        [.. (await cluster.DescribeAsync()).GetProperty("silos").EnumerateArray()
            .Select(static silo => (silo.GetProperty("name").GetString()!, silo.GetProperty("memory_used_bytes").GetInt64()))];

    /// <summary>Numbers from 0, the first most often: the n-th with a weight of 1/n.</summary>
    private sealed class Zipf
    {
        private readonly double[] sums;

        public Zipf(int count)
        {
            sums = new double[count];
            var sum = 0.0;
            for (var i = 0; i < count; i++)
            {
                sums[i] = sum += 1.0 / (i + 1);
            }
        }

        public int Next(Random random)
        {
            var found = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            return Math.Min(found < 0 ? ~found : found, sums.Length - 1);
        }
    }
}
