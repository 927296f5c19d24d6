using Krewe.Abstractions.Publishing;
using Krewe.Serving.Publishing.Records;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Publishing;

/// <summary>A version published by a rename is listed at once; one that only resembles it, or was changed since, must settle.</summary>
public sealed class PublishedVersionWatchTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private readonly RepositoryFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    [Fact]
    public async Task A_published_version_is_listed_at_once_and_a_change_of_it_when_it_has_settled()
    {
        await fixture.StartAsync();
        Put(RepositoryFixture.Model);
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Equal("m/1", fixture.Listed);
        var stamp = fixture["m"]!.Versions[0].Stamp;

        fixture.Folder.Write("m/1/notes", "changed");
        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Equal(stamp, fixture["m"]!.Versions[0].Stamp);
        await fixture.ScanAfterAsync(RepositoryFixture.Settle);
        Assert.NotEqual(stamp, fixture["m"]!.Versions[0].Stamp);
    }

    [Theory]
    [InlineData("grows")]
    [InlineData("has another time")]
    [InlineData("has no record that can be read")]
    [InlineData("is not all there")]
    public async Task A_version_that_differs_from_its_record_must_settle(string what)
    {
        await fixture.StartAsync();
        Put(RepositoryFixture.Model);
        switch (what)
        {
            case "grows":
                fixture.Folder.Write("m/1/more", "x");
                break;
            case "has another time":
                File.SetLastWriteTimeUtc(fixture.Folder["m/1/model.onnx"], Time.UtcDateTime.AddSeconds(1));
                break;
            case "is not all there":
                fixture.Folder.Write("m/1/model.onnx", RepositoryFixture.Model.AsSpan()[..^10]);
                File.SetLastWriteTimeUtc(fixture.Folder["m/1/model.onnx"], Time.UtcDateTime);
                break;
            default:
                fixture.Folder.Write("m/1/.krewe-version.json", "{\"files\": 3}");
                break;
        }

        await fixture.ScanAfterAsync(TimeSpan.Zero);
        Assert.Equal("", fixture.Listed);
    }

    private void Put(byte[] model)
    {
        var path = fixture.Folder.Write("m/1/model.onnx", model);
        var digest = PublishFixture.Hash(model);
        new VersionRecord(model.Length, digest, Time, [new PublishedFile("model.onnx", model.Length, digest)]).Write(Path.GetDirectoryName(path)!);
        VersionContent.Flush(Path.GetDirectoryName(path)!, Time);
    }
}
