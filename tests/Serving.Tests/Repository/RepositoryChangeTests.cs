using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Artifacts;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Serving.Tests.Repository;

public sealed class RepositoryChangeTests : IAsyncDisposable
{
    private readonly RepositoryFixture fixture = new();

    private static TimeSpan Settle => RepositoryFixture.Settle;

    private TestFolder Folder => fixture.Folder;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task Fresh_files_settle_at_start_as_well()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        Folder.Write("a/2/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.StartAsync();
        Assert.Equal("a/2", fixture.Listed);

        await fixture.ScanAfterAsync(Settle);
        Assert.Equal("a/1 a/2", fixture.Listed);
    }

    [Fact]
    public async Task A_new_version_appears_when_settled_regardless_of_its_file_times()
    {
        await fixture.StartAsync();
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        await fixture.ScanAfterAsync(Settle * 0.9);
        Assert.Equal("", fixture.Listed);

        await fixture.ScanAfterAsync(Settle * 0.1);
        Assert.Equal("a/1", fixture.Listed);
        Assert.Equal((0, 1), (Assert.Single(fixture.Changes).Before.Models.Count, fixture.Changes[0].After.Models.Count));
        Assert.Contains(fixture.Log.Lines, line => line.StartsWith("Version a/1 appeared", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_grows_never_appears_before_it_is_whole()
    {
        await fixture.StartAsync();
        for (var part = 1; part <= 8; part++)
        {
            Folder.Write("a/1/model.onnx", RepositoryFixture.Model.AsSpan(0, RepositoryFixture.Model.Length * part / 8));
            await fixture.ScanAfterAsync(Settle * 0.6);
            Assert.Equal("", fixture.Listed);
        }

        await fixture.ScanAfterAsync(Settle);
        Assert.Equal("a/1", fixture.Listed);
        Assert.Single(fixture.Changes);
    }

    [Fact]
    public async Task A_copy_that_stalls_half_way_is_waited_for()
    {
        await fixture.StartAsync();
        Folder.Write("a/1/model.onnx", TinyModels.Truncated());
        await fixture.SettleAsync();
        await fixture.ScanAfterAsync(Settle * 8);
        Assert.Equal("", fixture.Listed);

        Folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        await fixture.SettleAsync();
        Assert.Equal("a/1", fixture.Listed);
    }

    [Fact]
    public async Task A_version_waits_for_its_external_weights()
    {
        await fixture.StartAsync();
        Folder.Write("a/1/model.onnx", TinyModels.ExternalAt("w.bin").ToBytes());
        await fixture.SettleAsync();
        Folder.Write("a/1/w.bin", new byte[16]);
        await fixture.SettleAsync();
        Assert.Equal("", fixture.Listed);

        Folder.Write("a/1/w.bin", new byte[32]);
        await fixture.SettleAsync();
        Assert.Equal("a/1", fixture.Listed);
    }

    [Fact]
    public async Task A_file_that_stays_broken_is_listed_with_the_reason_and_hurts_no_good_version()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        Folder.Write("a/model.json", """{"versionPolicy": {"latest": 1}}""", RepositoryFixture.Old);
        await fixture.StartAsync();
        Folder.Write("a/2/model.onnx", TinyModels.Truncated());
        await fixture.SettleAsync();
        Assert.Equal("a/1", fixture.Listed);

        await fixture.ScanAfterAsync(Settle * 10);
        Assert.Equal("a/1 a/2!", fixture.Listed);
        Assert.Contains("truncated", fixture["a"]!.Versions[1].Error, StringComparison.Ordinal);
        Assert.StartsWith("Version a/2 cannot be served: 'a/2/model.onnx'", Assert.Single(fixture.Log.Warnings), StringComparison.Ordinal);

        Folder.Write("a/2/model.onnx", RepositoryFixture.Model);
        await fixture.SettleAsync();
        Assert.Equal("a/2", fixture.Listed);
    }

    [Fact]
    public async Task A_changed_file_changes_the_version_once_complete()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.StartAsync();
        var before = fixture["a"]!.Versions[0];

        Folder.Write("a/1/model.onnx", TinyModels.Truncated());
        await fixture.SettleAsync();
        Assert.Same(before, fixture["a"]!.Versions[0]);

        var larger = TinyModels.Linear(9).ToBytes();
        Folder.Write("a/1/model.onnx", larger);
        await fixture.SettleAsync();

        var after = fixture["a"]!.Versions[0];
        Assert.NotEqual(before.Stamp, after.Stamp);
        Assert.Equal(larger.Length, after.Stamp.FileBytes);
        Assert.Null(after.Error);
        Assert.Equal(9, ArtifactCheck.Verify(after).Inputs[0].Shape!.Value[1].Value);
    }

    [Fact]
    public async Task Bytes_of_the_same_length_with_another_time_are_a_change()
    {
        Folder.Write("a/1/model.onnx", TinyModels.Linear(seed: 1).ToBytes(), RepositoryFixture.Old);
        await fixture.StartAsync();
        var before = fixture["a"]!.Versions[0].Stamp;
        Folder.Write("a/1/model.onnx", TinyModels.Linear(seed: 2).ToBytes());
        await fixture.SettleAsync();

        Assert.Equal(before.FileBytes, fixture["a"]!.Versions[0].Stamp.FileBytes);
        Assert.NotEqual(before, fixture["a"]!.Versions[0].Stamp);
    }

    [Fact]
    public async Task A_change_reverted_within_the_settle_time_is_ignored()
    {
        var path = Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        var written = File.GetLastWriteTimeUtc(path);
        await fixture.StartAsync();
        var before = fixture["a"]!.Versions[0];
        Folder.Write("a/1/model.onnx", TinyModels.Truncated());
        await fixture.SettleAsync();
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        File.SetLastWriteTimeUtc(path, written);
        await fixture.SettleAsync();

        Assert.Same(before, fixture["a"]!.Versions[0]);
        Assert.Empty(fixture.Changes.Skip(1));
    }

    [Fact]
    public async Task A_removed_version_is_gone_at_once_also_when_half_its_files_are_left()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        Folder.Write("a/1/w.bin", [1], RepositoryFixture.Old);
        Folder.Write("a/2/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        Folder.Write("b/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.StartAsync();

        File.Delete(Folder["a/1/w.bin"]);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Equal("a/1 a/2 b/1", fixture.Listed);

        File.Delete(Folder["a/1/model.onnx"]);
        Directory.Delete(Folder["b"], recursive: true);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Equal("a/2", fixture.Listed);
        Assert.Null(fixture["b"]);
        Assert.Contains(fixture.Log.Lines, line => line == "Version a/1 is no longer served");
        Assert.Contains(fixture.Log.Lines, line => line == "Model b was removed");
    }

    [Fact]
    public async Task A_model_that_loses_its_last_version_is_listed_with_the_reason_when_it_has_settled()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.StartAsync();
        Directory.Delete(Folder["a/1"], recursive: true);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Null(fixture["a"]);

        await fixture.SettleAsync();
        Assert.Contains("it has no version", fixture["a"]!.Error, StringComparison.Ordinal);

        Folder.Write("a/2/model.onnx", RepositoryFixture.Model);
        await fixture.SettleAsync();
        Assert.Equal((null, "a/2"), (fixture["a"]!.Error, fixture.Listed));
    }

    [Fact]
    public async Task Settings_that_change_settle_and_then_change_the_versions()
    {
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        Folder.Write("a/2/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        await fixture.StartAsync();
        var before = fixture["a"]!;

        Folder.Write("a/model.json", """{"versionPolicy": """);
        await fixture.ScanAfterAsync(Settle);
        Assert.Same(before, fixture["a"]);

        Folder.Write("a/model.json", """{"versionPolicy": {"latest": 1}}""");
        await fixture.SettleAsync();
        Assert.Equal("a/2", fixture.Listed);
        Assert.Equal(before.Versions[1].Stamp, fixture["a"]!.Versions[0].Stamp);

        Folder.Write("a/model.json", """{"maxBatchSize": 4}""");
        await fixture.SettleAsync();
        Assert.Equal("a/1 a/2", fixture.Listed);
        Assert.NotEqual(before.Versions[1].Stamp, fixture["a"]!.Versions[1].Stamp);
        Assert.Equal(4, fixture["a"]!.Versions[1].Manifest.MaxBatchSize);

        Folder.Write("a/model.json", "{");
        await fixture.SettleAsync();
        Assert.Equal("a/1! a/2!", fixture.Listed);

        File.Delete(Folder["a/model.json"]);
        await fixture.SettleAsync();
        Assert.Equal("a/1 a/2", fixture.Listed);
        Assert.Equal(before.Versions[1].Stamp, fixture["a"]!.Versions[1].Stamp);
    }

    [Fact]
    public async Task A_new_model_waits_for_its_settings()
    {
        await fixture.StartAsync();
        Folder.Write("a/1/model.onnx", RepositoryFixture.Model);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Folder.Write("a/model.json", """{"maxBatchSize": 4}""");
        await fixture.ScanAfterAsync(Settle);
        Assert.Equal("", fixture.Listed);

        await fixture.ScanAfterAsync(Settle);
        Assert.Equal(4, Assert.Single(fixture["a"]!.Versions).Manifest.MaxBatchSize);
        Assert.Single(fixture.Changes);
    }

    [Fact]
    public async Task A_lost_root_keeps_the_last_snapshot()
    {
        Folder.Write("root/a/1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        fixture.Options.Root = Folder["root"];
        await using var repository = new ModelRepository(fixture.Options, fixture.Time, new FakeLogger<ModelRepository>(fixture.Log));
        var cancellationToken = TestContext.Current.CancellationToken;
        await repository.StartAsync(cancellationToken);
        var before = repository.Current;

        Directory.Move(Folder["root"], Folder["away"]);
        await repository.RescanAsync(cancellationToken);
        await repository.RescanAsync(cancellationToken);
        Assert.Same(before, repository.Current);
        Assert.Contains("keeping the last snapshot", Assert.Single(fixture.Log.Errors), StringComparison.Ordinal);

        Directory.Move(Folder["away"], Folder["root"]);
        await repository.RescanAsync(cancellationToken);
        Assert.Same(before, repository.Current);
        Assert.Contains(fixture.Log.Lines, line => line.EndsWith("can be read again", StringComparison.Ordinal));
    }
}
