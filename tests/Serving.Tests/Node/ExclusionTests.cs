using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Node;

public sealed class ExclusionTests
{
    private const string Quarantine = "quarantined: loading it ended the process twice";
    private static readonly VersionExclusion Quarantined = VersionExclusion.Failed(Quarantine);
    private static readonly Tensor Row = Tensors.Random("x", 1, 1, 4);
    private static readonly ModelName Model = ModelName.Parse("m");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_get_the_reason_and_the_version_reports_as_failed()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        serving.Add("m", 2, TinyModels.Linear());
        await serving.StartAsync();
        (await serving.InferAsync("m", 2, Row)).Dispose();

        await ExcludeAsync(serving, (2, Quarantined));

        Assert.Equal(0, serving.Node.ReadCapacity().UsedBytes);
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", 2, Row));
        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.NotNull(error.RetryAfter);
        Assert.Equal($"model 'm' version '2' is not available: {Quarantine}", error.Message);
        var status = (await serving.Host.ListAsync(Model, Cancel))[1];
        Assert.Equal((VersionState.Failed, Quarantine), (status.State, status.Reason));

        using var routed = await serving.InferAsync("m", Row);
        Assert.Equal(1, routed.Model.Version.Number);
    }

    [Fact]
    public async Task Neither_load_nor_unload_lifts_a_quarantine()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        await ExcludeAsync(serving, (1, Quarantined));

        await serving.Host.UnloadAsync(ModelReference.Parse("m"), Cancel);
        var error = await Assert.ThrowsAsync<KreweException>(async () => await serving.Host.LoadAsync(ModelReference.Parse("m"), Cancel));

        Assert.Contains(Quarantine, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operators_unload_keeps_its_message()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();

        await ExcludeAsync(serving, (1, VersionExclusion.Unloaded));

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));
        Assert.Equal("model 'm' version '1' is unloaded; load it to serve it again", error.Message);
        var status = (await serving.Host.ListAsync(Cancel)).Single();
        Assert.Equal((VersionState.Unloaded, "unloaded"), (status.State, status.Reason));

        await serving.Host.LoadAsync(ModelReference.Parse("m"), Cancel);
        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task The_state_does_not_depend_on_the_text_of_the_reason()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();

        await ExcludeAsync(serving, (1, VersionExclusion.Failed(VersionExclusion.Unloaded.Reason)));

        Assert.Equal(VersionState.Failed, (await serving.Host.ListAsync(Cancel)).Single().State);
        var error = await Assert.ThrowsAsync<KreweException>(async () => await serving.Host.LoadAsync(ModelReference.Parse("m"), Cancel));
        Assert.Equal("model 'm' version '1' is not available: unloaded", error.Message);
    }

    [Fact]
    public async Task A_readmitted_version_starts_without_recorded_failures()
    {
        var gate = new FakeLoadGate { Enter = (_, _) => throw KreweException.Unavailable(Quarantine) };
        await using var serving = new ServingFixture { LoadGate = gate };
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Row));
        await ExcludeAsync(serving, (1, Quarantined));

        gate.Enter = (_, _) => Task.CompletedTask;
        await ExcludeAsync(serving);

        (await serving.InferAsync("m", Row)).Dispose();
    }

    [Fact]
    public async Task A_version_that_appears_later_is_excluded_too()
    {
        await using var serving = new ServingFixture();
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync();

        await ExcludeAsync(serving, (1, Quarantined), (2, VersionExclusion.Unloaded));
        serving.Add("m", 1, TinyModels.Linear());
        serving.Add("m", 2, TinyModels.Linear());
        serving.Add("m", 3, TinyModels.Linear());
        await ServingFixture.UntilAsync(() => serving.Node.ReadCatalog().Count(entry => entry.Name == Model && entry.Error == "") == 3);

        var states = (await serving.Host.ListAsync(Model, Cancel)).Select(status => status.State);
        Assert.Equal([VersionState.Failed, VersionState.Unloaded, VersionState.Absent], states);

        await ExcludeAsync(serving);
        states = (await serving.Host.ListAsync(Model, Cancel)).Select(status => status.State);
        Assert.Equal([VersionState.Absent, VersionState.Absent, VersionState.Absent], states);
    }

    [Fact]
    public async Task It_is_done_when_the_calls_under_way_are()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, TinyModels.SlowOnDemand());
        await serving.StartAsync();
        Tensor[] Slow(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("m", Slow(1))).Dispose();
        var calls = Enumerable.Range(0, 4).Select(_ => serving.InferAsync("m", Slow(20_000))).ToArray();

        var taken = ExcludeAsync(serving, (1, Quarantined));
        await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Slow(1)));
        await taken;

        Assert.Empty(serving.Node.ReadSessions());
        foreach (var answer in await Task.WhenAll(calls))
        {
            answer.Dispose();
        }
    }

    private static Task ExcludeAsync(ServingFixture serving, params (long Version, VersionExclusion Why)[] versions) =>
        serving.Node.ExcludeAsync(Model, versions.ToDictionary(pair => pair.Version, pair => pair.Why), Cancel).AsTask();
}
