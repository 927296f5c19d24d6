using System.Globalization;
using Krewe.Serving.Repository;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Serving.Tests.Repository;

[Collection(Alone.Name)]
[Trait("category", "slow")]
public sealed class RepositoryScaleTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Ten_thousand_versions_are_found_in_a_moment()
    {
        for (var model = 0; model < 2000; model++)
        {
            for (var version = 1; version <= 5; version++)
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"m{model}/{version}/model.onnx");
                folder.Write(path, "no model at all", RepositoryFixture.Old);
            }
        }

        await using var repository = new ModelRepository(
            new ModelRepositoryOptions { Root = folder.Path }, TimeProvider.System, NullLogger<ModelRepository>.Instance);

        // Processor time of this process, which runs nothing else meanwhile: what others do on the machine does not count.
        var start = Environment.CpuUsage.TotalTime;
        await repository.StartAsync(TestContext.Current.CancellationToken);
        var first = Environment.CpuUsage.TotalTime - start;
        await repository.RescanAsync(TestContext.Current.CancellationToken);
        var second = Environment.CpuUsage.TotalTime - start - first;

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"10,000 versions: {first.TotalMilliseconds:F0} ms of processor time at start, {second.TotalMilliseconds:F0} ms at the second look");
        Assert.Equal(10_000, repository.Current.Models.Values.Sum(model => model.Versions.Length));
        Assert.Equal(1, repository.Current.Sequence);
        Assert.InRange(first, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.InRange(second, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }
}
