using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Routing;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Tests.Routing;

public sealed class VersionChoiceTests
{
    [Fact]
    public void Which_version_is_not_available_is_said_once()
    {
        var id = new ModelId(ModelName.Parse("m"), new ModelVersion(1));
        var once = VersionChoice.NotAvailable(id, "it is broken").Message;

        Assert.Equal("model 'm' version '1' is not available: it is broken", once);
        Assert.Equal(once, VersionChoice.NotAvailable(id, once).Message);
        Assert.Equal(("it is broken", "m/1"), (VersionChoice.ReasonOf(id, once), VersionChoice.ReasonOf(id, "m/1")));
    }

    [Fact]
    public void Who_names_no_version_gets_the_newest_that_can_serve()
    {
        var snapshot = FakeSnapshots.Of(
            1, FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2), FakeSnapshots.Version("m", 3, error: "broken"),
            FakeSnapshots.Version("m", 4, unloaded: true), FakeSnapshots.Version("m", 5, quarantine: "it took silos down"));

        Assert.Equal(FakeSnapshots.Id("m", 2), VersionChoice.Resolve(snapshot, ModelReference.Parse("m")).Id);
    }

    [Fact]
    public void Where_none_can_serve_it_is_the_newest_of_all()
    {
        var snapshot = FakeSnapshots.Of(1, FakeSnapshots.Version("m", 1, error: "a"), FakeSnapshots.Version("m", 2, error: "b"));

        Assert.Equal(FakeSnapshots.Id("m", 2), VersionChoice.Resolve(snapshot, ModelReference.Parse("m")).Id);
    }

    [Fact]
    public void Unknown_names_numbers_and_aliases_are_told_apart()
    {
        var snapshot = FakeSnapshots.Of(1, FakeSnapshots.Version("m", 1));

        Assert.Equal("Request for unknown model: 'n' is not found", Fail("n", null, KreweErrorCode.ModelNotFound));
        Assert.Equal("Request for unknown model: 'm' version '7' is not found", Fail("m", "7", KreweErrorCode.VersionNotFound));
        Assert.Equal("Request for unknown model: 'm' version 'stable' is not found: a version is a number such as 1, and the model's aliases are 'latest', 'prod'", Fail("m", "stable", KreweErrorCode.VersionNotFound));

        string Fail(string name, string? version, KreweErrorCode code)
        {
            var error = Assert.Throws<KreweException>(() => VersionChoice.Resolve(snapshot, ModelReference.Parse(name, version)));
            Assert.Equal(code, error.Code);
            return error.Message;
        }
    }

    [Fact]
    public void A_model_without_versions_is_unavailable_for_the_reason_a_silo_gives()
    {
        var snapshot = FakeSnapshots.Of(1, FakeSnapshots.Version("other", 1));
        snapshot = new ClusterSnapshot
        {
            Nodes = snapshot.Nodes,
            Models = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
                new[] { new CatalogModel(ModelName.Parse("m"), [], "model.json is no JSON") }, model => model.Name),
            Routes = snapshot.Routes,
        };

        var error = Assert.Throws<KreweException>(() => VersionChoice.Resolve(snapshot, ModelReference.Parse("m")));
        Assert.Equal((KreweErrorCode.Unavailable, "model 'm' cannot be served: model.json is no JSON"), (error.Code, error.Message));
    }

    [Fact]
    public void A_device_that_no_silo_with_the_model_has_is_named_with_what_there_is()
    {
        var version = FakeSnapshots.Version("m", 1, needs: ExecutionProvider.Cuda);
        var snapshot = FakeSnapshots.Of(
            [
                FakeSnapshots.Node(1, [version]), FakeSnapshots.Node(2, [], providers: [ExecutionProvider.Cpu, ExecutionProvider.Cuda]),
                FakeSnapshots.Node(3, [version], draining: true, ExecutionProvider.Cpu, ExecutionProvider.Cuda),
            ],
            version);

        Assert.Equal(
            "model 'm' version '1' is not available: it needs CUDA, and no silo that has it offers that: silo-1 has CPU, silo-3 has CPU and CUDA (and is stopping)",
            DeviceCheck.FindObstacle(snapshot, version)!.Message);
    }

    [Fact]
    public void One_silo_with_the_device_is_enough()
    {
        var version = FakeSnapshots.Version("m", 1, needs: ExecutionProvider.Cuda);
        var snapshot = FakeSnapshots.Of(
            [FakeSnapshots.Node(1, [version]), FakeSnapshots.Node(2, [version], providers: [ExecutionProvider.Cpu, ExecutionProvider.Cuda])], version);

        Assert.Null(DeviceCheck.FindObstacle(snapshot, version));
    }
}
