using System.Security.Cryptography;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Client.Hosting;
using Krewe.Client.Settings;
using Krewe.Grains.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Tests.Publishing;

/// <summary>Silos that serve folders of their own, or one together, and a publisher that has none.</summary>
internal sealed class PublishingCluster : IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-publish-").FullName;
    private TestCluster? cluster;
    private ServiceProvider? services;

    public TestCluster Cluster => cluster ?? throw new InvalidOperationException("not started");

    public IModelPublisher Publisher => Get<IModelPublisher>();

    public IModelHost Host => Get<IModelHost>();

    /// <summary>Registered at the gateway before the start, where it is set.</summary>
    public IVersionGuard? Guard { get; init; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts silos, each over the folder of its name.</summary>
    public static async Task<PublishingCluster> StartAsync(string[] folders, IVersionGuard? guard = null)
    {
        var started = new PublishingCluster { Guard = guard };
        var next = 0;
        started.cluster = await TestCluster.ServeAsync(folders.Length, options =>
        {
            options.Repository.Root = Directory.CreateDirectory(started.Folder(folders[next++])).FullName;
            options.Repository.SettleTime = TimeSpan.FromHours(1);
            options.Repository.PollInterval = TimeSpan.FromHours(1);
            options.MemoryBudgetBytes = 256L << 20;
        });
        started.services = started.CreateGateway();
        return started;
    }

    public string Folder(string name) => Path.Combine(root, name);

    public string FileOf(string folder, string model, long version) => Path.Combine(root, folder, model, $"{version}", "model.onnx");

    public static ModelId Id(string model, long version) => new(ModelName.Parse(model), new ModelVersion(version));

    public async Task<PublishedVersion> PublishAsync(string model, long version, byte[] content, PublishRequest? request = null) =>
        await Publisher.PublishAsync(Id(model, version), new MemoryStream(content), request ?? new PublishRequest(), Token);

    public async Task<KreweException> FailAsync(string model, long version, byte[] content, PublishRequest? request = null) =>
        await Assert.ThrowsAsync<KreweException>(() => PublishAsync(model, version, content, request));

    /// <summary>The versions that the cluster lists, as <c>a/1 a/2</c>.</summary>
    public async Task<string> ListAsync() => string.Join(' ', (await Host.ListAsync(Token)).Select(status => $"{status.Name}/{status.Version}"));

    /// <summary>What uploads and deletions under way have on disk, anywhere.</summary>
    public IEnumerable<string> Leftovers => Directory.GetDirectories(root)
        .SelectMany(folder => new[] { "staging", "trash" }.Select(name => Path.Combine(folder, ".krewe", name)))
        .Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries);

    public static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public async ValueTask DisposeAsync()
    {
        if (services is not null)
        {
            await services.DisposeAsync();
        }

        await Cluster.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    private T Get<T>()
        where T : notnull => (services ?? throw new InvalidOperationException("not started")).GetRequiredService<T>();

    private ServiceProvider CreateGateway()
    {
        var collection = new ServiceCollection().AddLogging(logging => logging.AddProvider(Cluster.CreateLog("gateway")));
        collection.AddMetrics().AddSingleton(Cluster[0].Grains).AddSingleton(Cluster[0].Snapshots);
        if (Guard is not null)
        {
            collection.AddSingleton(Guard);
        }

        return collection.AddRouting(new ClusterCallOptions()).AddClusterPublishing().BuildServiceProvider();
    }
}
