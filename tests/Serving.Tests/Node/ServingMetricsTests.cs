using System.Collections.Frozen;
using System.Diagnostics;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Node;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Repository.Snapshots;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Node;

public sealed class ServingMetricsTests
{
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);

    [Fact]
    public async Task A_version_has_series_from_its_first_call_until_it_is_gone()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        serving.Add("m", 2, TinyModels.Linear());
        await serving.StartAsync();

        Assert.Empty(Read(serving, "nv_inference_request_success"));
        foreach (var version in (long[])[1, 2])
        {
            using var answer = await serving.InferAsync("m", version, Row);
        }

        foreach (var name in (string[])["nv_inference_request_success", "nv_inference_exec_count", "krewe_batch_size"])
        {
            Assert.Equal(["m,1 1", "m,2 1"], Read(serving, name));
        }

        serving.Remove("m", 1);
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().AllVersions.Count() == 1);

        Assert.Equal(["m,2 1"], Read(serving, "nv_inference_request_success"));
        Assert.Equal(["m,2 1"], Read(serving, "nv_inference_exec_count"));
    }

    [Fact]
    public async Task Of_many_versions_those_have_series_that_were_called_last()
    {
        await using var serving = new ServingFixture();
        await serving.StartAsync();
        var models = serving.Get<ServedModels>();
        models.Update(new RepositorySnapshot(
            Enumerable.Range(0, 3 * ServingMetrics.MaxVersions).Select(static i => Model($"m-{i:00000}")).ToFrozenDictionary(static model => model.Name),
            long.MaxValue));
        foreach (var version in models.AllVersions)
        {
            var number = int.Parse(version.Id.Name.Value[2..], System.Globalization.CultureInfo.InvariantCulture);
            version.Statistics.AddSuccess(TimeSpan.FromMilliseconds(1), DateTimeOffset.UnixEpoch.AddSeconds(number));
        }

        var series = Read(serving, "nv_inference_request_success");
        Assert.Equal(ServingMetrics.MaxVersions, series.Length);
        Assert.All(series, static one => Assert.True(string.CompareOrdinal(one, "m-02000") >= 0, one));
    }

    /// <summary>It has one series for each version that was called, and asks for the others once. What it took is in the output.</summary>
    [Fact]
    public async Task A_reading_with_100_000_versions_of_which_1_000_were_called_shows_these()
    {
        await using var serving = new ServingFixture();
        await serving.StartAsync();
        var models = serving.Get<ServedModels>();
        models.Update(new RepositorySnapshot(
            Enumerable.Range(0, 100_000).Select(static i => Model($"m-{i:00000}")).ToFrozenDictionary(static model => model.Name), long.MaxValue));
        foreach (var version in models.AllVersions.Where(static version => version.Id.Name.Value.EndsWith("00", StringComparison.Ordinal)))
        {
            version.Statistics.AddSuccess(TimeSpan.FromMilliseconds(1), DateTimeOffset.UnixEpoch);
        }

        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            Assert.Equal(1_000, serving.Measured.Read("nv_inference_request_success").Count);
            TestContext.Current.TestOutputHelper!.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        }
    }

    private static RepositoryModel Model(string name)
    {
        var id = new ModelId(ModelName.Parse(name), new ModelVersion(1));
        var version = new RepositoryVersion(
            id, $"/{name}/1/model.onnx", $"/{name}/1", new ArtifactStamp(1, default, 1, ""), ModelManifest.Default, null);
        return new RepositoryModel(id.Name, [version], ModelManifest.Default, null);
    }

    private static string[] Read(ServingFixture serving, string name) =>
        [.. serving.Measured.Read(name).Select(static series => $"{series.Key} {series.Value}").Order()];
}
