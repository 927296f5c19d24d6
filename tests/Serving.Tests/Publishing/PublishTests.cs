using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Publishing;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Tests.Repository;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Publishing;

public sealed class PublishTests : IAsyncDisposable
{
    private static readonly byte[] Linear = TinyModels.Linear(seed: 1).ToBytes();
    private static readonly byte[] Other = TinyModels.Linear(seed: 2).ToBytes();
    private readonly PublishFixture fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_version_answers_when_its_publish_returns()
    {
        await fixture.StartAsync();

        var published = await fixture.PublishAsync("m", 1, Linear);
        var first = await fixture.InferAsync("m");
        await fixture.PublishAsync("m", 2, Other);

        Assert.True(published.IsNew);
        Assert.Equal((Linear.Length, PublishFixture.Hash(Linear)), (published.SizeBytes, published.Sha256));
        Assert.Equal([new PublishedFile("model.onnx", Linear.Length, PublishFixture.Hash(Linear))], published.Files);
        Assert.Equal("m/1 m/2", fixture.Listed());
        Assert.NotEqual(first, await fixture.InferAsync("m"));
        Assert.Equal(first, await fixture.InferAsync("m", 1));
        Assert.Empty(fixture.Leftovers);
        var record = VersionRecord.Read(Path.Combine(fixture.Root, "m", "1"))!;
        Assert.Equal((published.SizeBytes, published.Sha256), (record.SizeBytes, record.Sha256));
        Assert.Equal(published.Files, record.Files);
        Assert.True(record.Describes(Path.Combine(fixture.Root, "m", "1")));
    }

    [Fact]
    public async Task The_same_files_again_change_nothing_however_they_are_packed()
    {
        await fixture.StartAsync();
        await fixture.PublishAsync("m", 1, Linear);
        var written = Directory.GetLastWriteTimeUtc(Path.Combine(fixture.Root, "m", "1"));
        foreach (var same in new[] { Linear, Archives.Tar(("model.onnx", Linear)), Archives.Gzip(Archives.Tar(("v/model.onnx", Linear))), Archives.Zip(("model.onnx", Linear)) })
        {
            var published = await fixture.PublishAsync("m", 1, same);

            Assert.False(published.IsNew);
            Assert.Equal((same.Length, PublishFixture.Hash(same)), (published.SizeBytes, published.Sha256));
            Assert.Equal([new PublishedFile("model.onnx", Linear.Length, PublishFixture.Hash(Linear))], published.Files);
        }

        Assert.Equal(written, Directory.GetLastWriteTimeUtc(Path.Combine(fixture.Root, "m", "1")));
        Assert.Empty(fixture.Leftovers);
    }

    [Fact]
    public async Task Other_bytes_for_a_version_that_exists_are_refused_with_a_number_that_is_free()
    {
        fixture.AddByHand("by-hand", 7, Linear);
        await fixture.StartAsync();
        await fixture.PublishAsync("m", 1, Linear);
        await fixture.PublishAsync("m", 4, Linear);

        Assert.Equal(
            "model 'm' version 1 exists with other bytes, and versions are immutable: publish it as version 5",
            await fixture.FailAsync(KreweErrorCode.Conflict, "m", 1, Other));
        await fixture.FailAsync(KreweErrorCode.Conflict, "m", 1, Other, new PublishRequest { Force = true });
        await fixture.FailAsync(KreweErrorCode.Conflict, "m", 1, Archives.Tar(("model.onnx", Linear), ("more", Other)));
        await fixture.FailAsync(KreweErrorCode.Conflict, "by-hand", 7, Other);
        Assert.False((await fixture.PublishAsync("by-hand", 7, Linear)).IsNew);
    }

    [Fact]
    public async Task A_version_changed_by_hand_is_compared_by_its_current_files()
    {
        await fixture.StartAsync();
        await fixture.PublishAsync("m", 1, Linear);
        await File.WriteAllBytesAsync(fixture.Serving.PathOf("m", 1), Other, Token);

        await fixture.FailAsync(KreweErrorCode.Conflict, "m", 1, Linear);
        Assert.False((await fixture.PublishAsync("m", 1, Other)).IsNew);
    }

    [Fact]
    public async Task An_archive_brings_weights_beside_the_model()
    {
        await fixture.StartAsync();
        using var folder = new TestFolder();
        TinyModels.Linear(4, 300).Save(folder["model.onnx"], externalData: true);
        var archive = Archives.Tar([.. Directory.GetFiles(folder.Path).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))]);

        var published = await fixture.PublishAsync("m", 1, archive);

        Assert.Equal(["model.onnx", "model.onnx.data"], published.Files.Select(file => file.Name));
        Assert.Equal(300, (await fixture.InferAsync("m")).Length);
    }

    [Theory]
    [InlineData("this is no model", "is not a valid ONNX file")]
    [InlineData("", "it is empty")]
    public async Task What_is_no_model_is_refused(string text, string reason)
    {
        await fixture.StartAsync();
        Assert.Contains(reason, await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, System.Text.Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(fixture.Root, "m")));
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_refused_with_the_reason()
    {
        await fixture.StartAsync();
        Assert.Contains("Conjure", await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, TinyModels.UnknownOperator().ToBytes()), StringComparison.Ordinal);
        Assert.Contains("w.bin", await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, TinyModels.ExternalAt("w.bin").ToBytes()), StringComparison.Ordinal);
        await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, TinyModels.Truncated());
    }

    [Fact]
    public async Task An_upload_that_differs_from_the_announcement_is_refused()
    {
        await fixture.StartAsync();
        Assert.Contains(
            $"has SHA-256 {PublishFixture.Hash(Linear)}, announced was {PublishFixture.Hash(Other)}",
            await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, Linear, new PublishRequest { ExpectedSha256 = PublishFixture.Hash(Other) }),
            StringComparison.Ordinal);
        await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, Linear, new PublishRequest { Length = Linear.Length + 1 });
        await fixture.FailAsync(KreweErrorCode.PayloadTooLarge, "m", 1, Linear, new PublishRequest { MaxBytes = Linear.Length - 1 });
        await fixture.FailAsync(KreweErrorCode.PayloadTooLarge, "m", 1, Linear, new PublishRequest { MaxBytes = 10, Length = Linear.Length });
        Assert.Contains(
            "the disk that holds the repository has", await fixture.FailAsync(KreweErrorCode.StorageFull, "m", 1, Linear, new PublishRequest { Length = 1L << 60, MaxBytes = long.MaxValue }),
            StringComparison.Ordinal);
        Assert.True((await fixture.PublishAsync(
            "m", 1, Linear, new PublishRequest { ExpectedSha256 = PublishFixture.Hash(Linear), Length = Linear.Length, MaxBytes = Linear.Length })).IsNew);
    }

    [Fact]
    public async Task The_model_s_settings_hold_for_what_is_published()
    {
        Directory.CreateDirectory(Path.Combine(fixture.Root, "m"));
        await File.WriteAllTextAsync(Path.Combine(fixture.Root, "m", "config.pbtxt"), """default_model_filename: "net.onnx" max_batch_size: 4 version_policy: { specific { versions: [2] } }""", Token);
        await fixture.StartAsync(options => options.Repository.SettleTime = TimeSpan.Zero);

        Assert.Equal(["net.onnx"], (await fixture.PublishAsync("m", 2, Linear)).Files.Select(file => file.Name));
        Assert.Contains("no 'net.onnx' at its top", await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 3, Archives.Tar(("model.onnx", Linear))), StringComparison.Ordinal);
        Assert.Contains("its settings allow batches", await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 3, TinyModels.FixedShape(3).ToBytes(), new PublishRequest { Force = true }), StringComparison.Ordinal);

        // Its policy does not serve this one; it is there all the same.
        Assert.True((await fixture.PublishAsync("m", 3, Other)).IsNew);
        Assert.Equal("m/2", fixture.Listed());
        Assert.True(File.Exists(fixture.Serving.PathOf("m", 3, "net.onnx")));
    }

    [Fact]
    public async Task Invalid_settings_are_reported()
    {
        Directory.CreateDirectory(Path.Combine(fixture.Root, "m"));
        await File.WriteAllTextAsync(Path.Combine(fixture.Root, "m", "model.json"), "{", Token);
        await fixture.StartAsync();
        Assert.Contains("the settings of model 'm' are wrong: model.json, line 1", await fixture.FailAsync(KreweErrorCode.Unavailable, "m", 1, Linear), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_load_stays_within_the_budget_and_releases_its_memory()
    {
        await fixture.StartAsync(options => (options.MemoryBudgetBytes, options.MemoryTimeout) = (16L << 20, TimeSpan.FromMilliseconds(50)));
        Assert.Contains("of memory, and the budget for all models is 16 MiB", await fixture.FailAsync(KreweErrorCode.InvalidInput, "m", 1, TinyModels.Big(20 << 20).ToBytes()), StringComparison.Ordinal);

        await fixture.PublishAsync("m", 1, TinyModels.Big(6 << 20).ToBytes());

        Assert.Equal(0, fixture.Serving.Node.ReadCapacity().UsedBytes);
        Assert.Empty(fixture.Serving.Node.ReadSessions());
    }

    [Fact]
    public async Task Where_all_memory_is_in_use_a_publish_is_refused_for_now()
    {
        await fixture.StartAsync(options => (options.MemoryBudgetBytes, options.MemoryTimeout) = (16L << 20, TimeSpan.FromMilliseconds(50)));
        await fixture.PublishAsync("m", 1, TinyModels.Big(6 << 20).ToBytes());
        var lease = (await fixture.Serving.Get<VersionLoader>().LeaseAsync(fixture.Serving.Get<ServedModels>().Find(PublishFixture.Id("m", 1))!, Token))!;

        Assert.Contains("not enough memory for a trial load", await fixture.FailAsync(KreweErrorCode.Overloaded, "m", 2, TinyModels.Big(7 << 20).ToBytes()), StringComparison.Ordinal);

        lease.Return();
        Assert.True((await fixture.PublishAsync("m", 2, TinyModels.Big(7 << 20).ToBytes())).IsNew);
    }

    [Fact]
    public async Task One_of_many_concurrent_publishes_wins_and_the_others_agree_or_are_refused()
    {
        await fixture.StartAsync();
        byte[][] contents = [Linear, Other, Archives.Zip(("model.onnx", Linear))];
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(async number =>
        {
            try
            {
                return (Content: number % 3, IsNew: (await fixture.PublishAsync("m", 1, contents[number % 3])).IsNew, Refused: false);
            }
            catch (KreweException error) when (error.Code == KreweErrorCode.Conflict)
            {
                return (Content: number % 3, IsNew: false, Refused: true);
            }
        }));

        var winner = Assert.Single(results, result => result.IsNew);
        Assert.All(results, result => Assert.Equal((result.Content == 1) != (winner.Content == 1), result.Refused));
        Assert.Equal(PublishFixture.Hash(winner.Content == 1 ? Other : Linear), PublishFixture.Hash(await File.ReadAllBytesAsync(fixture.Serving.PathOf("m", 1), Token)));
        Assert.Empty(fixture.Leftovers);
    }

    [Fact]
    public async Task An_interrupted_upload_leaves_nothing_behind()
    {
        await fixture.StartAsync();
        await Assert.ThrowsAsync<EndOfStreamException>(async () =>
            await fixture.PublishAsync(PublishFixture.Id("m", 1), new BrokenStream(Linear), new PublishRequest(), Token));
        Assert.Empty(fixture.Leftovers);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await fixture.PublishAsync(PublishFixture.Id("m", 1), new MemoryStream(Linear), new PublishRequest(), gone.Token));
        Assert.Empty(fixture.Leftovers);
        Assert.Equal("", fixture.Listed());
    }

    [Fact]
    public async Task A_model_folder_linked_to_elsewhere_is_not_written_to()
    {
        using var elsewhere = new TestFolder();
        Directory.CreateSymbolicLink(Path.Combine(fixture.Root, "m"), elsewhere.Path);
        await File.WriteAllTextAsync(Path.Combine(fixture.Root, "file"), "", Token);
        await fixture.StartAsync();

        Assert.Contains("a link that leads out of the repository", await fixture.FailAsync(KreweErrorCode.Unavailable, "m", 1, Linear), StringComparison.Ordinal);
        Assert.Contains("'file' is a file in the repository", await fixture.FailAsync(KreweErrorCode.Unavailable, "file", 1, Linear), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere.Path));
    }

    /// <summary>Gives what it has and then fails, as a connection that is cut does.</summary>
    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new EndOfStreamException();
    }
}
