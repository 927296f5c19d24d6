using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Publishing;

public sealed class DeleteTests : IAsyncDisposable
{
    private static readonly byte[] Linear = TinyModels.Linear().ToBytes();
    private readonly PublishFixture fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_deleted_version_is_gone_from_disk_and_list_when_the_delete_returns()
    {
        fixture.AddByHand("m", 1, Linear);
        await fixture.StartAsync();
        await fixture.PublishAsync("m", 2, Linear);

        await fixture.DeleteAsync("m", 2);
        Assert.Equal("m/1", fixture.Listed());
        await fixture.InferAsync("m");
        await fixture.DeleteAsync("m", 1);

        Assert.Equal("", fixture.Listed());
        Assert.False(Directory.Exists(Path.Combine(fixture.Root, "m")));
        Assert.Empty(fixture.Leftovers);
        Assert.Equal(0, fixture.Serving.Node.ReadCapacity().UsedBytes);
        await Assert.ThrowsAsync<KreweException>(() => fixture.InferAsync("m"));
    }

    [Fact]
    public async Task A_publish_and_a_delete_look_at_their_model_only()
    {
        fixture.AddByHand("m", 1, Linear);
        await fixture.StartAsync();
        fixture.AddByHand("other", 1, Linear);

        await fixture.PublishAsync("m", 2, Linear);
        Assert.Equal("m/1 m/2", fixture.Listed());
        await fixture.DeleteAsync("m", 2);
        Assert.Equal("m/1", fixture.Listed());
        await fixture.DeleteAsync("m", 1);
        Assert.Equal("", fixture.Listed());
        await fixture.PublishAsync("n", 1, Linear);
        Assert.Equal("n/1", fixture.Listed());
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        fixture.AddByHand("m", 1, Linear);
        await fixture.StartAsync();
        foreach (var (model, version) in new[] { ("m", 2L), ("other", 1L) })
        {
            var error = await Assert.ThrowsAsync<KreweException>(() => fixture.DeleteAsync(model, version));
            Assert.Equal(KreweErrorCode.VersionNotFound, error.Code);
        }
    }

    [Fact]
    public async Task A_model_s_settings_are_kept_when_its_last_version_is_deleted()
    {
        fixture.Serving.Add("m", 1, TinyModels.Linear(), """{"maxBatchSize": 2}""");
        await fixture.StartAsync();

        await fixture.DeleteAsync("m", 1);

        Assert.Equal(["model.json"], Directory.GetFileSystemEntries(Path.Combine(fixture.Root, "m")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Calls_under_way_end_before_the_files_go()
    {
        fixture.AddByHand("m", 1, Linear);
        await fixture.StartAsync();
        var served = fixture.Serving.Get<ServedModels>().Find(PublishFixture.Id("m", 1))!;
        var lease = (await fixture.Serving.Get<VersionLoader>().LeaseAsync(served, Token))!;

        var deleting = fixture.DeleteAsync("m", 1);
        await ServingFixture.UntilAsync(() => lease.IsClosed);
        Assert.False(deleting.IsCompleted);
        Assert.True(File.Exists(fixture.Serving.PathOf("m", 1)));
        lease.Return();
        await deleting;

        Assert.False(File.Exists(fixture.Serving.PathOf("m", 1)));
    }

    [Fact]
    public async Task A_deleted_version_can_be_published_again_as_another()
    {
        await fixture.StartAsync();
        await fixture.PublishAsync("m", 1, Linear);
        var before = await fixture.InferAsync("m");
        await fixture.DeleteAsync("m", 1);
        await fixture.PublishAsync("m", 1, TinyModels.Linear(seed: 9).ToBytes());

        Assert.NotEqual(before, await fixture.InferAsync("m"));
    }

    [Fact]
    public async Task Deleting_a_linked_version_removes_only_the_link()
    {
        using var elsewhere = new TestFolder();
        elsewhere.Write("model.onnx", Linear);
        Directory.CreateDirectory(Path.Combine(fixture.Root, "m"));
        Directory.CreateSymbolicLink(Path.Combine(fixture.Root, "m", "1"), elsewhere.Path);
        await fixture.StartAsync();

        await fixture.DeleteAsync("m", 1);

        Assert.True(File.Exists(elsewhere["model.onnx"]));
        Assert.False(Directory.Exists(Path.Combine(fixture.Root, "m")));
    }

    [Fact]
    public async Task Publishes_and_deletes_of_one_version_at_once_never_show_half_of_it()
    {
        await fixture.StartAsync();
        byte[][] contents = [Linear, TinyModels.Linear(seed: 2).ToBytes()];
        var ends = await Task.WhenAll(Enumerable.Range(0, 60).Select(async number =>
        {
            try
            {
                await (number % 3 == 2 ? fixture.DeleteAsync("m", 1) : fixture.PublishAsync("m", 1, contents[number % 2], new PublishRequest { Force = true }));
                return KreweErrorCode.Internal;
            }
            catch (KreweException error)
            {
                return error.Code;
            }
        }));

        Assert.Subset(
            new HashSet<KreweErrorCode> { KreweErrorCode.Internal, KreweErrorCode.Conflict, KreweErrorCode.VersionNotFound, KreweErrorCode.Overloaded },
            ends.ToHashSet());
        Assert.Contains(KreweErrorCode.Internal, ends);
        Assert.Empty(fixture.Leftovers);
        var folder = Path.Combine(fixture.Root, "m", "1");
        Assert.True(!Directory.Exists(folder) || VersionRecord.Read(folder)!.Describes(folder));
    }
}
