using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Publishing;

/// <summary>Publishing through a gateway to silos that are processes with folders of their own.</summary>
public sealed class PublishingTests(SharedServer database)
{
    private const long LargeBytes = 400_000_000;
    private const string Large = "/v2/repository/models/large/versions/1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_version_passes_through_a_gateway_in_little_memory()
    {
        using ModelsFolder first = new(), second = new();
        await using var cluster = await StartAsync(first, second);
        using var client = cluster.CreateClient();
        client.Timeout = TimeSpan.FromMinutes(10);
        Assert.Equal(HttpStatusCode.Created, await PutAsync(client, "/v2/repository/models/m/versions/1", new ByteArrayContent(TinyModels.Linear().ToBytes())));
        var processes = cluster.Gateways.Concat(cluster.Silos).ToList();
        var before = processes.ConvertAll(PeakMemory);
        var start = TimeProvider.System.GetTimestamp();

        Assert.Equal(HttpStatusCode.Created, await PutAsync(client, Large, new TarContent(TinyModels.Linear().ToBytes(), LargeBytes)));

        var took = TimeProvider.System.GetElapsedTime(start);
        var grown = processes.Zip(before, (process, was) => PeakMemory(process) - was).ToList();
        Summary.Say($"{LargeBytes} bytes published to two silos in {took.TotalSeconds:0.0} s; gateway {grown[0] >> 20} MiB, silos {grown[1] >> 20} and {grown[2] >> 20} MiB more");
        Assert.All(grown, static bytes => Assert.InRange(bytes, 0, 300L << 20));
        foreach (var models in new[] { first, second })
        {
            Assert.Equal(LargeBytes, new FileInfo(Path.Combine(models.Path, "large", "1", "beside.bin")).Length);
            Assert.Empty(Leftovers(models));
        }

        using var deleted = await client.DeleteAsync(Large, Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.False(Directory.Exists(Path.Combine(first.Path, "large")) || Directory.Exists(Path.Combine(second.Path, "large")));
    }

    [Fact]
    public async Task A_version_whose_load_ends_a_silo_is_not_published_and_ends_no_other()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the model ends the process on x86 processors alone");
        using ModelsFolder first = new(), second = new();
        await using var cluster = await StartAsync(first, second, "--isolation", "none");
        using var client = cluster.CreateClient();

        using var response = await client.PutAsync("/v2/repository/models/lethal/versions/1", new ByteArrayContent(TinyModels.Lethal().ToBytes()), Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("was lost", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        await Calls.UntilAsync(() => Task.FromResult(cluster.Silos.Count(static silo => silo.HasExited) == 1), "one silo has ended");
        Assert.False(Directory.Exists(Path.Combine(first.Path, "lethal")) || Directory.Exists(Path.Combine(second.Path, "lethal")));

        // What the dead one left goes when it is back.
        var dead = Array.FindIndex(cluster.Silos, static silo => silo.HasExited);
        cluster.Silos[dead].Kill();
        await cluster.StartSiloAsync(dead);
        await Calls.UntilAsync(() => Task.FromResult(!Leftovers(first).Concat(Leftovers(second)).Any()), "nothing of the upload is left");
    }

    [Fact]
    public async Task A_version_whose_load_ends_a_worker_process_is_not_published_and_ends_no_silo()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the model ends the process on x86 processors alone");
        using ModelsFolder first = new(), second = new();
        await using var cluster = await StartAsync(first, second);
        using var client = cluster.CreateClient();

        using var response = await client.PutAsync("/v2/repository/models/lethal/versions/1", new ByteArrayContent(TinyModels.Lethal().ToBytes()), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("opening it ended its worker process: signal 8", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.All(cluster.Silos, static silo => Assert.False(silo.HasExited));

        // Nor does one that somebody copies into the folders.
        first.Add("copied", TinyModels.Lethal());
        second.Add("copied", TinyModels.Lethal());
        await Calls.UntilAsync(
            async () => (await client.PostAsync(Calls.InferPath("copied"), """{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[1]}]}"""u8.ToArray())).Text
                .Contains("opening it ended its worker process", StringComparison.Ordinal),
            "its load has failed");
        Assert.All(cluster.Silos, static silo => Assert.False(silo.HasExited));
    }

    private static async Task<HttpStatusCode> PutAsync(HttpClient client, string path, HttpContent content)
    {
        using var response = await client.PutAsync(path, content, Token);
        return response.StatusCode;
    }

    private static IEnumerable<string> Leftovers(ModelsFolder models) => new[] { "staging", "trash" }
        .Select(name => Path.Combine(models.Path, ".krewe", name)).Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries);

    /// <summary>The most that the process has had in memory so far, in bytes.</summary>
    private static long PeakMemory(ProgramProcess process) => File.ReadLines($"/proc/{process.Id}/status")
        .Where(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10).Single();

    private Task<TestCluster> StartAsync(ModelsFolder first, ModelsFolder second, params string[] options) => TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
    {
        Models = first.Path, ModelsOfSilos = new Dictionary<int, string> { [1] = second.Path }, Silos = 2, SiloOptions = ["--memory-budget", "2GB", .. options],
    });
}
