using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Execution;
using Krewe.Serving.Repository;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Node;

/// <summary>Descriptions of versions that are not in memory.</summary>
public sealed class VersionDescriptionTests
{
    private static readonly ModelReference Model = ModelReference.Parse("m", null);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Descriptions_wait_for_no_load_and_no_load_for_them()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        using var over = new ManualResetEventSlim();
        var loads = Enumerable.Range(0, 8).Select(_ => serving.Get<LoadThreads>().RunAsync(() => over.Wait(Cancel))).ToArray();

        var described = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => serving.Host.GetMetadataAsync(Model, Cancel).AsTask()))
            .WaitAsync(TimeSpan.FromSeconds(30), Cancel);

        Assert.All(described, static metadata => Assert.Equal("x", Assert.Single(metadata.Inputs).Name));
        over.Set();
        await Task.WhenAll(loads);
    }

    [Fact]
    public async Task A_file_is_read_once_and_again_after_it_has_changed()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync(static options => options.Repository.PollInterval = TimeSpan.FromHours(1));
        var first = await serving.Host.GetMetadataAsync(Model, Cancel);

        // The repository does not know yet.
        serving.Add("m", 1, TinyModels.TwoInputs());
        var second = await serving.Host.GetMetadataAsync(Model, Cancel);
        Assert.Equal(first.Inputs.AsEnumerable(), second.Inputs.AsEnumerable());

        await serving.Get<ModelRepository>().RescanAsync(Cancel);
        while ((await serving.Host.GetMetadataAsync(Model, Cancel)).Inputs.Length < 2)
        {
            await Task.Delay(5, Cancel);
        }
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        var (path, aside) = (serving.PathOf("m", 1), serving.PathOf("m", 1) + ".aside");
        File.Move(path, aside);
        await Assert.ThrowsAsync<KreweException>(() => serving.Host.GetMetadataAsync(Model, Cancel).AsTask());
        File.Move(aside, path);

        Assert.Single((await serving.Host.GetMetadataAsync(Model, Cancel)).Inputs);
    }
}
