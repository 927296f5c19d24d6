using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Files;
using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Publishing;

[Trait("category", "slow")]
public sealed class StagingTests : IDisposable
{
    private readonly TestFolder folder = new();

    private RepositoryPaths Paths => new(folder.Path);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_an_ended_process_left_is_removed_and_what_a_living_one_works_on_is_not()
    {
        using var living = StagingFolder.Create(Paths);
        File.WriteAllText(living.Body, "half a model");
        folder.Write(".krewe/staging/dead/body", "half a model");
        folder.Write(".krewe/staging/dead/lock", "");
        folder.Write(".krewe/staging/never-locked/content/model.onnx", "half a model");
        folder.Write(".krewe/trash/a/model.onnx", "half a model");
        folder.Link(".krewe/trash/b", folder.Path, isFolder: true);

        Assert.Equal(4, StagingCleaner.Clean(Paths));

        Assert.Equal("half a model", File.ReadAllText(living.Body));
        Assert.Single(Directory.GetFileSystemEntries(Paths.Staging));
        Assert.Empty(Directory.GetFileSystemEntries(Paths.Trash));
        Assert.Equal(0, StagingCleaner.Clean(Paths));
    }

    [Fact]
    public void Cleaning_nothing_succeeds()
    {
        Assert.Equal(0, StagingCleaner.Clean(Paths));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Uploads_begin_while_others_clean()
    {
        using var stop = new CancellationTokenSource();
        var cleaning = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                StagingCleaner.Clean(Paths);
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 2000; i++)
        {
            using var staging = StagingFolder.Create(Paths);
            File.WriteAllText(staging.Body, "x");
            Directory.CreateDirectory(staging.Content);
            Assert.Equal("x", File.ReadAllText(staging.Body));
            Assert.True(Directory.Exists(staging.Content));
        }

        await stop.CancelAsync();
        await cleaning;
        StagingCleaner.Clean(Paths);
        Assert.Empty(Directory.GetFileSystemEntries(Paths.Staging));
        Assert.Empty(Directory.GetFileSystemEntries(Paths.Trash));
    }

    [Fact]
    public void A_repository_has_one_id_regardless_of_its_creator()
    {
        for (var round = 0; round < 100; round++)
        {
            var paths = new RepositoryPaths(folder[$"{round}"]);
            using var first = StagingFolder.Create(paths);
            using var second = StagingFolder.Create(paths);
            Assert.Null(RepositoryId.Read(paths));
            var names = new string[2];

            Parallel.Invoke(() => names[0] = RepositoryId.ReadOrCreate(paths, first), () => names[1] = RepositoryId.ReadOrCreate(paths, second));

            Assert.Equal(names[0], names[1]);
            Assert.Equal(names[0], RepositoryId.Read(paths));
        }
    }

    [Fact]
    public void A_full_disk_is_distinguished_from_other_faults()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        var error = Assert.ThrowsAny<IOException>(() => RandomAccess.Write(full, new byte[1], 0));

        Assert.Equal(KreweErrorCode.StorageFull, StorageFault.Translate(error).Code);
        Assert.Equal(KreweErrorCode.Unavailable, StorageFault.Translate(new IOException("other")).Code);
        Assert.Contains("may not write", StorageFault.Translate(new UnauthorizedAccessException()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rename_replaces_nothing_but_an_empty_folder()
    {
        folder.Write("from/x", "1");
        Assert.Equal(RenameResult.NoParent, DurableFolder.Rename(folder["from"], folder["none/to"]));
        folder.Write("taken/y", "2");
        Assert.Equal(RenameResult.Occupied, DurableFolder.Rename(folder["from"], folder["taken"]));
        Assert.Equal(RenameResult.Occupied, DurableFolder.Rename(folder["from"], folder.Write("file", "3")));
        Directory.CreateDirectory(folder["empty"]);
        Assert.Equal(RenameResult.Done, DurableFolder.Rename(folder["from"], folder["empty"]));
        Assert.Equal("1", File.ReadAllText(folder["empty/x"]));
        Assert.Equal(RenameResult.NoParent, DurableFolder.Rename(folder["from"], folder["to"]));
        FolderSync.Flush(folder.Path);
    }
}
