using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Krewe.Benchmarks.Models;
using Krewe.Benchmarks.Reporting;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Benchmarks.Aliases;

/// <summary>How soon everybody who routes goes by what was decided.</summary>
internal sealed class AliasBenchmark : IBenchmark
{
    private const int Gateways = 3, Changes = 20;

    // The poll alone takes half a second.
    private const double MostMilliseconds = 200;
    private static readonly byte[] Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""u8.ToArray();

    public string Name => "aliases";

    public string Summary => $"an alias is moved, and {Gateways} gateways follow";

    public async Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        using var models = new ModelFolder();
        models.Add("m", TinyModels.Linear());
        models.Add("m", TinyModels.Linear(seed: 2), version: 2);
        await using var database = await PostgreSqlServer.CreateAsync();
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 2, Gateways = Gateways });
        using var person = new RolloutOperator(cluster.GatewayAddresses[0]);
        RolloutOperator[] callers = [.. cluster.GatewayAddresses.Select(static address => new RolloutOperator(address))];
        List<double> set = [], followed = [];
        for (var change = 0; change < Changes; change++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var version = (change % 2) + 1;
            var start = Stopwatch.GetTimestamp();
            using var alias = new StringContent($$"""{"version":{{version}}}""", Encoding.UTF8, "application/json");
            await person.SendAsync(HttpMethod.Put, "/v2/models/m/aliases/prod", alias);
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
        report.Note($"answered after {Statistics.Median(set):F0} ms in the median, {set.Max():F0} ms at the most");
        report.Judge(
            $"aliases, followed by {Gateways} gateways", $"{Statistics.Median(followed):F0} ms in the median, {followed.Max():F0} ms at the most",
            $"below {MostMilliseconds} ms in the median", Statistics.Median(followed) < MostMilliseconds);
    }

    private static async Task FollowAsync(RolloutOperator caller, int version)
    {
        for (JsonElement answer = default; answer.ValueKind == JsonValueKind.Undefined || answer.GetProperty("model_version").GetString() != $"{version}";)
        {
            answer = await caller.SendAsync(HttpMethod.Post, "/v2/models/m/infer", new ByteArrayContent(Body));
        }
    }
}
