using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Node;
using Krewe.Serving.Publishing;

namespace Krewe.Grains.Tests.Publishing;

/// <summary>Publishing through a process without a repository to those of all silos, with real files and ONNX Runtime.</summary>
public sealed class ClusterPublishTests
{
    private static readonly byte[] Model = TinyModels.Linear(seed: 1).ToBytes();
    private static readonly byte[] Other = TinyModels.Linear(seed: 2).ToBytes();
    private static readonly string[] Separate = ["a", "b"];
    private static readonly string[] Together = ["a", "a"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a", "a")]
    [InlineData("a", "b", "b")]
    public async Task A_version_comes_to_every_repository_once_answers_and_goes(params string[] folders)
    {
        await using var cluster = await PublishingCluster.StartAsync(folders);

        var published = await cluster.PublishAsync("m", 1, Model);

        Assert.True(published.IsNew);
        Assert.Equal((Model.Length, PublishingCluster.Hash(Model)), (published.SizeBytes, published.Sha256.Hex));
        Assert.Equal("m/1", await cluster.ListAsync());
        Assert.All(cluster.Cluster.Silos, silo => Assert.NotNull(silo.Get<IServingNode>().Find(PublishingCluster.Id("m", 1))));
        Assert.Single(cluster.Cluster.Silos.Select(silo => silo.Get<IServingNode>().Find(PublishingCluster.Id("m", 1))!.Artifact).Distinct());
        Assert.All(folders, folder => Assert.Equal(Model, File.ReadAllBytes(cluster.FileOf(folder, "m", 1))));
        Assert.Empty(cluster.Leftovers);
        await InferAsync(cluster, "m");
        Assert.False((await cluster.PublishAsync("m", 1, Model)).IsNew);

        await cluster.Publisher.DeleteAsync(PublishingCluster.Id("m", 1), Token);

        Assert.Equal("", await cluster.ListAsync());
        Assert.All(folders, folder => Assert.False(Directory.Exists(Path.Combine(cluster.Folder(folder), "m"))));
        Assert.Empty(cluster.Leftovers);
        Assert.Equal(
            KreweErrorCode.VersionNotFound,
            (await Assert.ThrowsAsync<KreweException>(async () => await cluster.Publisher.DeleteAsync(PublishingCluster.Id("m", 1), Token))).Code);

        // Nothing keeps callers away from the number when it comes again.
        Assert.True((await cluster.PublishAsync("m", 1, Other)).IsNew);
        await InferAsync(cluster, "m");
    }

    [Fact]
    public async Task A_large_upload_comes_in_many_pieces_to_all()
    {
        await using var cluster = await PublishingCluster.StartAsync(Separate);
        var model = TinyModels.Big(9_500_000).ToBytes();

        var published = await cluster.PublishAsync("big", 1, model);

        Assert.Equal(PublishingCluster.Hash(model), published.Sha256.Hex);
        Assert.All(Separate, folder => Assert.Equal(PublishingCluster.Hash(model), PublishingCluster.Hash(File.ReadAllBytes(cluster.FileOf(folder, "big", 1)))));
    }

    [Fact]
    public async Task What_is_refused_is_nowhere()
    {
        await using var cluster = await PublishingCluster.StartAsync(Separate);
        await cluster.PublishAsync("m", 1, Model);
        (byte[] Content, PublishRequest Request, KreweErrorCode Code)[] refused =
        [
            ("no model"u8.ToArray(), new(), KreweErrorCode.InvalidInput),
            (TinyModels.UnknownOperator().ToBytes(), new() { Force = true }, KreweErrorCode.InvalidInput),
            (Other, new() { ExpectedSha256 = Sha256Digest.Parse(PublishingCluster.Hash(Model)) }, KreweErrorCode.InvalidInput),
            (Other, new() { MaxBytes = 10 }, KreweErrorCode.PayloadTooLarge),
            (Other, new() { Length = 1L << 60, MaxBytes = long.MaxValue }, KreweErrorCode.StorageFull),
            (TinyModels.Linear(5, 3).ToBytes(), new(), KreweErrorCode.Conflict),
        ];
        foreach (var (content, request, code) in refused)
        {
            Assert.Equal(code, (await cluster.FailAsync("m", 2, content, request)).Code);
            Assert.Empty(cluster.Leftovers);
        }

        Assert.Contains("publish it as version 2", (await cluster.FailAsync("m", 1, Other)).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EndOfStreamException>(async () =>
            await cluster.Publisher.PublishAsync(PublishingCluster.Id("m", 2), new CutStream(), new PublishRequest(), Token));
        Assert.Empty(cluster.Leftovers);
        Assert.Equal("m/1", await cluster.ListAsync());
        Assert.Single(Directory.GetDirectories(Path.Combine(cluster.Folder("b"), "m")));
    }

    [Fact]
    public async Task A_repository_that_lacks_a_version_gets_it_when_the_same_is_published_again()
    {
        await using var cluster = await PublishingCluster.StartAsync(Separate);
        await cluster.PublishAsync("m", 1, Model);
        var store = cluster.Cluster[1].Get<IVersionStore>();
        Assert.True(await store.DeleteAsync(PublishingCluster.Id("m", 1), Token));

        Assert.Equal(KreweErrorCode.Conflict, (await cluster.FailAsync("m", 1, Other)).Code);
        Assert.False(store.Contains(PublishingCluster.Id("m", 1)));
        Assert.True((await cluster.PublishAsync("m", 1, Model)).IsNew);

        Assert.Single(Separate.Select(folder => File.ReadAllText(Path.Combine(cluster.Folder(folder), "m", "1", ".krewe-version.json"))).Distinct());
        Assert.Single(cluster.Cluster.Silos.Select(silo => silo.Get<IServingNode>().Find(PublishingCluster.Id("m", 1))!.Artifact).Distinct());
    }

    [Fact]
    public async Task A_guard_is_told_before_a_version_comes_asked_before_it_goes_and_told_after()
    {
        var guard = new RecordingGuard();
        await using var cluster = await PublishingCluster.StartAsync(Together, guard);
        await cluster.PublishAsync("m", 1, Model);
        guard.Refusal = KreweException.Conflict("alias 'prod' names it: move the alias first");

        var error = await Assert.ThrowsAsync<KreweException>(async () => await cluster.Publisher.DeleteAsync(PublishingCluster.Id("m", 1), Token));
        Assert.Equal((KreweErrorCode.Conflict, guard.Refusal.Message), (error.Code, error.Message));
        Assert.True(File.Exists(cluster.FileOf("a", "m", 1)));
        guard.Refusal = null;
        await cluster.Publisher.DeleteAsync(PublishingCluster.Id("m", 1), Token);

        Assert.Equal(["publishing m/1", "retire m/1", "retire m/1", "retired m/1"], guard.Said);
        Assert.False(File.Exists(cluster.FileOf("a", "m", 1)));
    }

    [Fact]
    public async Task A_silo_that_dies_during_an_upload_fails_it_and_its_rest_is_dropped()
    {
        await using var cluster = await PublishingCluster.StartAsync(Separate);
        var content = new PausedStream(Model);
        var publishing = cluster.Publisher.PublishAsync(PublishingCluster.Id("m", 1), content, new PublishRequest(), Token).AsTask();
        await content.Reading.Task.WaitAsync(Token);

        await cluster.Cluster.KillAsync(cluster.Cluster[1]);
        content.GoOn.SetResult();

        Assert.Equal(KreweErrorCode.Unavailable, (await Assert.ThrowsAsync<KreweException>(() => publishing)).Code);
        Assert.False(Directory.Exists(Path.Combine(cluster.Folder("a"), "m")));
        Assert.DoesNotContain(cluster.Leftovers, path => path.StartsWith(cluster.Folder("a"), StringComparison.Ordinal));
    }

    private static async Task InferAsync(PublishingCluster cluster, string model)
    {
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse(model), Inputs = [Tensor.Create("x", Abstractions.Tensors.TensorType.Float32, [1, 4], new byte[16])],
        };
        using var response = await cluster.Host.InferAsync(request, Token);
        Assert.Equal(3 * sizeof(float), response.Outputs[0].Data.Length);
    }

    /// <summary>Ends as a connection does that is cut.</summary>
    private sealed class CutStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new EndOfStreamException();
    }

    /// <summary>Waits before it gives anything.</summary>
    private sealed class PausedStream(byte[] content) : MemoryStream(content)
    {
        public TaskCompletionSource Reading { get; } = new();

        public TaskCompletionSource GoOn { get; } = new();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reading.TrySetResult();
            await GoOn.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
