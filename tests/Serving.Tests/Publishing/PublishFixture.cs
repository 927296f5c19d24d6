using System.Security.Cryptography;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Publishing;

/// <summary>A process that serves a folder, long settling, and publishes to it.</summary>
internal sealed class PublishFixture : IAsyncDisposable
{
    public ServingFixture Serving { get; init; } = new();

    public string Root => Path.GetFullPath(Path.Combine(Serving.PathOf("m", 1), "..", "..", ".."));

    private IVersionStore Store => Serving.Get<IVersionStore>();

    /// <summary>What uploads and deletions under way have on disk.</summary>
    public IEnumerable<string> Leftovers => new[] { "staging", "trash" }
        .Select(name => Path.Combine(Root, ".krewe", name)).Where(Directory.Exists).SelectMany(path => Directory.GetFileSystemEntries(path));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Nothing that shows at once has settled.</summary>
    public Task StartAsync(Action<ServingOptions>? configure = null) => Serving.StartAsync(options =>
    {
        options.Repository.SettleTime = TimeSpan.FromHours(1);
        options.Repository.PollInterval = TimeSpan.FromHours(1);
        configure?.Invoke(options);
    });

    /// <summary>Puts a version there as if it had lain there for long.</summary>
    public void AddByHand(string model, long version, byte[] content)
    {
        Serving.Add(model, version, content);
        File.SetLastWriteTimeUtc(Serving.PathOf(model, version), DateTime.UnixEpoch);
    }

    public static ModelId Id(string model, long version) => new(ModelName.Parse(model), new ModelVersion(version));

    public static Sha256Digest Hash(byte[] bytes) => Sha256Digest.FromBytes(SHA256.HashData(bytes));

    public Task<PublishedVersion> PublishAsync(string model, long version, byte[] bytes, PublishRequest? request = null) =>
        PublishAsync(Id(model, version), new MemoryStream(bytes), request ?? new PublishRequest(), Token);

    /// <summary>What a node of a cluster does with what comes, in pieces.</summary>
    public async Task<PublishedVersion> PublishAsync(ModelId version, Stream content, PublishRequest request, CancellationToken cancellationToken)
    {
        await using var staged = await Store.BeginAsync(version, request);
        var piece = new byte[1 << 20];
        while (await content.ReadAsync(piece, cancellationToken) is > 0 and var read)
        {
            await staged.AppendAsync(piece.AsMemory(0, read), cancellationToken);
        }

        var found = await staged.CompleteAsync(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()), cancellationToken);
        if (found.Exists)
        {
            return new PublishedVersion(version, found.SizeBytes, found.Sha256, found.Files, IsNew: false);
        }

        await staged.LoadAsync(cancellationToken);
        return new PublishedVersion(version, found.SizeBytes, found.Sha256, found.Files, await staged.CommitAsync(cancellationToken));
    }

    /// <summary>A publish that must fail so, and leave nothing.</summary>
    public async Task<string> FailAsync(KreweErrorCode code, string model, long version, byte[] bytes, PublishRequest? request = null)
    {
        var before = Listed();
        var error = await Assert.ThrowsAsync<KreweException>(() => PublishAsync(model, version, bytes, request));
        Assert.Equal(code, error.Code);
        Assert.Empty(Leftovers);
        Assert.Equal(before, Listed());
        return error.Message;
    }

    /// <summary>Like a node of a cluster: routes no more calls there, waits for running ones, then deletes the files.</summary>
    public async Task DeleteAsync(string model, long version)
    {
        var id = Id(model, version);
        var deleted = new Dictionary<long, VersionExclusion> { [version] = VersionExclusion.Failed("it is being deleted") };
        await Serving.Node.ExcludeAsync(id.Name, deleted, Token);
        var isGone = await Store.DeleteAsync(id, Token);
        await Serving.Node.ExcludeAsync(id.Name, new Dictionary<long, VersionExclusion>(), Token);
        if (!isGone)
        {
            throw UnknownModel.Error(new ModelReference(id.Name, VersionSelector.Of(id.Version)));
        }
    }

    /// <summary>The versions that are served, as <c>a/1 a/2</c>.</summary>
    public string Listed() => string.Join(' ', Serving.Get<ServedModels>().AllVersions.Select(version => version.Id).Order());

    public async Task<float[]> InferAsync(string model, long? version = null)
    {
        using var x = Tensors.Floats("x", [1, 4], 1, 2, 3, 4);
        using var response = await Serving.InferAsync(model, version, x);
        return response.Outputs[0].ToFloats();
    }

    public ValueTask DisposeAsync() => Serving.DisposeAsync();
}
