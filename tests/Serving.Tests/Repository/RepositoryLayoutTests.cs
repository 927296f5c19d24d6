using Krewe.Processes;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;
using Microsoft.Extensions.Options;

namespace Krewe.Serving.Tests.Repository;

public sealed class RepositoryLayoutTests : IAsyncDisposable
{
    private readonly RepositoryFixture fixture = new();

    private TestFolder Folder => fixture.Folder;

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task Versions_are_found_with_their_paths_and_sizes()
    {
        Put("a/2/model.onnx");
        Put("a/10/model.onnx");
        Folder.Write("a/10/weights/w.bin", new byte[100], RepositoryFixture.Old);
        Put("b/1/model.onnx");

        await fixture.StartAsync();

        Assert.Equal("a/2 a/10 b/1", fixture.Listed);
        var version = fixture["a"]!.Versions[1];
        Assert.Equal((Folder["a/10/model.onnx"], Folder["a"]), (version.ModelPath, version.ModelFolder));
        Assert.Equal(RepositoryFixture.Model.Length + 100, version.Stamp.FileBytes);
        Assert.Same(ModelManifest.Default, version.Manifest);
        Assert.Equal(1, fixture.Repository.Current.Sequence);
        Assert.Contains(fixture.Log.Lines, line => line.StartsWith("Found 2 models with 3 versions in", StringComparison.Ordinal));
        Assert.Empty(fixture.Log.Warnings);
    }

    [Fact]
    public async Task What_is_not_named_as_a_model_or_a_version_is_ignored()
    {
        Put("a/1/model.onnx");
        Put("a/01/model.onnx");
        Put("a/0/model.onnx");
        Put("a/v2/model.onnx");
        Put("a/3/other.onnx");
        Put(".hidden/1/model.onnx");
        Put("no name/1/model.onnx");
        Folder.Write("file", [0]);

        await fixture.StartAsync();
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        await fixture.ScanAfterAsync(TimeSpan.Zero);

        Assert.Equal("a/1 a/3", fixture.Listed);
        Assert.Contains("Ignoring folder 'no name'", Assert.Single(fixture.Log.Warnings), StringComparison.Ordinal);
        Assert.Equal(1, fixture.Repository.Current.Sequence);
    }

    [Fact]
    public async Task A_model_without_a_version_is_listed_with_what_was_expected()
    {
        Folder.Write("a/1/model.txt", [0], RepositoryFixture.Old);
        Directory.SetLastWriteTimeUtc(Folder["a"], fixture.Time.GetUtcNow().UtcDateTime - RepositoryFixture.Old);

        await fixture.StartAsync();

        Assert.Equal(
            "it has no version: 'a/1' has 'model.txt' and no ONNX file: export the model to ONNX, and cp FILE.onnx a/1/model.onnx", fixture["a"]!.Error);
        Assert.Empty(fixture["a"]!.Versions);
    }

    [Theory]
    [InlineData("a/model.onnx", "'a/model.onnx' lies in no version's folder: mkdir a/1 && mv a/model.onnx a/1/")]
    [InlineData("a/resnet50.onnx a/weights.bin a/model.json", "'a/resnet50.onnx' lies in no version's folder: mkdir a/1 && mv a/resnet50.onnx a/weights.bin a/1/")]
    [InlineData("a/v1/model.onnx", "'a/v1' is not named like one, which is a positive whole number: mv a/v1 a/1")]
    [InlineData("a/01/model.onnx", "'a/01' is not named like one, which is a positive whole number: mv a/01 a/1")]
    [InlineData("a/1.0/model.onnx", "'a/1.0' is not named like one, which is a positive whole number: mv a/1.0 a/1")]
    [InlineData("a/version-12/net.onnx", "'a/version-12' is not named like one, which is a positive whole number: mv a/version-12 a/12")]
    [InlineData("a/0/model.onnx", "'a/0' is not named like one, which is a positive whole number: mv a/0 a/1")]
    [InlineData("a/my model/model.onnx", "'a/my model' is not named like one, which is a positive whole number: mv 'a/my model' a/1")]
    [InlineData("a/b/1/model.onnx", "'a/b' looks like a model, and 'a' like a folder of models: mv a/b ., or start with --models for that folder")]
    [InlineData("a/1/", "'a/1' is empty: cp FILE.onnx a/1/model.onnx")]
    [InlineData("a/", "it is empty: mkdir -p a/1 && cp FILE.onnx a/1/model.onnx")]
    [InlineData("a/notes.txt", "it has 'notes.txt': mkdir -p a/1 && cp FILE.onnx a/1/model.onnx")]
    public async Task A_folder_without_a_version_is_listed_with_its_content_and_the_command_that_fixes_it(string paths, string expected)
    {
        foreach (var path in paths.StartsWith("a/my ", StringComparison.Ordinal) ? [paths] : paths.Split(' '))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Folder[path])!);
            if (!path.EndsWith('/'))
            {
                Folder.Write(path, path.EndsWith(".json", StringComparison.Ordinal) ? "{}"u8.ToArray() : RepositoryFixture.Model, RepositoryFixture.Old);
            }
        }

        Directory.SetLastWriteTimeUtc(Folder["a"], fixture.Time.GetUtcNow().UtcDateTime - RepositoryFixture.Old);
        await fixture.StartAsync();

        Assert.Equal("it has no version: " + expected, fixture["a"]!.Error);
    }

    [Fact]
    public async Task A_single_onnx_file_of_any_name_is_served_and_several_are_an_error()
    {
        Put("a/1/resnet50.onnx");
        Put("a/2/a.onnx");
        Put("a/2/b.onnx");
        Put("b/1/model.onnx");
        Put("b/1/other.onnx");
        Put("c/1/net.onnx");
        Folder.Write("c/config.pbtxt", """default_model_filename: "other.onnx" """, RepositoryFixture.Old);
        Directory.SetLastWriteTimeUtc(Folder["c"], fixture.Time.GetUtcNow().UtcDateTime - RepositoryFixture.Old);

        await fixture.StartAsync();

        Assert.Equal("a/1 a/2! b/1", fixture.Listed);
        Assert.Equal(Folder["a/1/resnet50.onnx"], fixture["a"]!.Versions[0].ModelPath);
        Assert.Equal(
            "'a/2' has 2 ONNX files, 'a.onnx', 'b.onnx', and none is called model.onnx: mv a/2/a.onnx a/2/model.onnx, if that is the one",
            fixture["a"]!.Versions[1].Error);
        Assert.Equal(Folder["b/1/model.onnx"], fixture["b"]!.Versions[0].ModelPath);
        Assert.Equal(
            "it has no version: 'c/1' has 'net.onnx' and not 'other.onnx', which its settings name: mv c/1/net.onnx c/1/other.onnx", fixture["c"]!.Error);

        File.Move(Folder["a/2/a.onnx"], Folder["a/2/model.onnx"]);
        await fixture.SettleAsync();
        Assert.Equal("a/1 a/2 b/1", fixture.Listed);
    }

    [Fact]
    public async Task A_stray_onnx_file_is_listed_with_the_command_that_fixes_it()
    {
        Put("resnet50.onnx");
        Put("a.onnx");
        Put("a/1/model.onnx");

        await fixture.StartAsync();
        await fixture.ScanAfterAsync(TimeSpan.Zero);

        Assert.Equal("'resnet50.onnx' lies in no version's folder: mkdir -p resnet50/1 && mv resnet50.onnx resnet50/1/model.onnx", fixture["resnet50"]!.Error);
        Assert.Equal("a/1", fixture.Listed);
        Assert.Equal(1, fixture.Repository.Current.Sequence);
        File.Delete(Folder["resnet50.onnx"]);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Null(fixture["resnet50"]);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 102\n", "it is a Git LFS pointer and not the file: run 'git lfs pull'")]
    [InlineData("<!DOCTYPE html><html>", "it is a web page")]
    [InlineData("PK\u0003\u0004 archive/data.pkl", "it is a zip archive (as PyTorch files are)")]
    public async Task A_file_of_another_format_is_recognised(string content, string expected)
    {
        await fixture.StartAsync();
        Folder.Write("a/1/model.onnx", content, RepositoryFixture.Old);
        for (var scan = 0; scan < 12; scan++)
        {
            await fixture.ScanAfterAsync(RepositoryFixture.Settle);
        }

        Assert.StartsWith($"'a/1/model.onnx' is not a valid ONNX file: {expected}", fixture["a"]!.Versions[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_other_systems_leave_is_no_model()
    {
        Put("a/1/model.onnx");
        Put("__MACOSX/a/1/._model.onnx");
        Put("lost+found/x");
        Folder.Write("a/1/.DS_Store", "x", RepositoryFixture.Old);

        await fixture.StartAsync();

        Assert.Equal("a/1", fixture.Listed);
        Assert.Null(fixture["__MACOSX"]);
        Assert.Empty(fixture.Log.Warnings);
    }

    [Fact]
    public async Task The_policy_decides_what_is_served()
    {
        for (var version = 1; version <= 4; version++)
        {
            Put($"a/{version}/model.onnx");
            Put($"b/{version}/model.onnx");
            Put($"c/{version}/model.onnx");
            Put($"d/{version}/model.onnx");
        }

        Folder.Write("b/model.json", """{"versionPolicy": {"latest": 2}}""", RepositoryFixture.Old);
        Folder.Write("c/config.pbtxt", "", RepositoryFixture.Old);
        Folder.Write("d/model.json", """{"versionPolicy": {"specific": [7]}}""", RepositoryFixture.Old);
        await fixture.StartAsync();

        Assert.Equal("a/1 a/2 a/3 a/4 b/3 b/4 c/4", fixture.Listed);
        Assert.Equal("its version policy 'specific 7' serves none of its versions 1, 2, 3, 4", fixture["d"]!.Error);
    }

    [Fact]
    public async Task Wrong_settings_are_an_error_for_that_model_only()
    {
        Put("a/1/model.onnx");
        Put("a/2/model.onnx");
        Put("b/1/model.onnx");
        Folder.Write("a/model.json", """{"maxBatchSize": -1}""", RepositoryFixture.Old);
        Folder.Write("b/config.pbtxt", "optimization { }", RepositoryFixture.Old);

        await fixture.StartAsync();

        Assert.Equal("a/1! a/2! b/1", fixture.Listed);
        const string Expected = "a/model.json: 'maxBatchSize' is -1: expected a whole number from 0 to 1000000";
        Assert.Equal([Expected, Expected, Expected], [fixture["a"]!.Error!, .. fixture["a"]!.Versions.Select(version => version.Error!)]);
        Assert.Equal(
            [
                $"Model a cannot be served: {Expected}",
                "Settings of model b: config.pbtxt, line 1, column 1: 'optimization' has no effect here",
            ],
            fixture.Log.Warnings);
    }

    [Theory]
    [InlineData("model.json")]
    [InlineData("config.pbtxt")]
    public async Task Settings_are_not_read_through_a_link_out_of_the_folder(string fileName)
    {
        Put("a/1/model.onnx");
        Folder.Link($"a/{fileName}", "/etc/passwd");

        await fixture.StartAsync();
        await fixture.SettleAsync();

        Assert.Equal($"a/{fileName} is not a regular file inside the model's folder", fixture["a"]!.Error);
    }

    [Fact]
    public async Task The_settings_may_name_the_file()
    {
        Put("a/1/net.onnx");
        Put("a/2/model.onnx");
        Folder.Write("a/config.pbtxt", """default_model_filename: "net.onnx" version_policy { all {} }""", RepositoryFixture.Old);

        await fixture.StartAsync();

        Assert.Equal(Folder["a/1/net.onnx"], Assert.Single(fixture["a"]!.Versions).ModelPath);
    }

    [Fact]
    public async Task Links_inside_are_followed_and_links_out_are_listed_with_the_reason()
    {
        using var outside = new TestFolder();
        outside.Write("1/model.onnx", RepositoryFixture.Model, RepositoryFixture.Old);
        Put("a/1/model.onnx");
        Folder.Link("a/2", "1", isFolder: true);
        Folder.Link("a/3", outside["1"], isFolder: true);
        Folder.Link("b", "a", isFolder: true);
        Folder.Link("c", outside.Path, isFolder: true);
        Put("d/9/model.onnx");
        Folder.Link("a/4", "../d/9", isFolder: true);

        await fixture.StartAsync();

        Assert.Equal("a/1 a/2 a/3! a/4! b/1 b/2 b/3! b/4! d/9", fixture.Listed);
        Assert.Equal("'a/3' is a link that leads out of the model's folder", fixture["a"]!.Versions[2].Error);
        Assert.Equal("'c' is a link that leads out of the repository", fixture["c"]!.Error);
        Assert.Equal(4, ArtifactCheck.Verify(fixture["b"]!.Versions[1]).Inputs[0].Shape!.Value[1].Value);
    }

    [Fact]
    public async Task A_missing_root_is_reported_together_with_all_other_errors()
    {
        fixture.Options.Root = Folder["none"];
        fixture.Options.PollInterval = TimeSpan.Zero;
        fixture.Options.SettleTime = TimeSpan.FromSeconds(-1);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(fixture.StartAsync);

        Assert.Equal(["Root", "PollInterval", "SettleTime"], error.Failures.Select(failure => failure.Split(' ')[0]));
        Assert.Contains(Folder["none"], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreadable_folder_does_not_affect_other_models()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Put("a/1/model.onnx");
        Put("a/2/model.onnx");
        Put("b/1/model.onnx");
        foreach (var path in new[] { "a/1", "b" })
        {
            File.SetUnixFileMode(Folder[path], UnixFileMode.None);
        }

        await fixture.StartAsync();

        // Permissions do not bind the superuser, for whom everything is as it should be.
        var isBound = !IsReadable(Folder["b"]);
        foreach (var path in new[] { "a/1", "b" })
        {
            File.SetUnixFileMode(Folder[path], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        Assert.Equal(isBound ? "a/1! a/2" : "a/1 a/2 b/1", fixture.Listed);
        Assert.Equal(isBound ? "'b' cannot be read by this process" : null, fixture["b"]!.Error);
    }

    private static bool IsReadable(string path)
    {
        try
        {
            Directory.GetFileSystemEntries(path);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Put(string path) => Folder.Write(path, RepositoryFixture.Model, RepositoryFixture.Old);
}
