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
        var view = FakeViews.Paint(
            1, FakeViews.Version("m", 1), FakeViews.Version("m", 2), FakeViews.Version("m", 3, error: "broken"),
            FakeViews.Version("m", 4, unloaded: true), FakeViews.Version("m", 5, quarantine: "it took silos down"));

        Assert.Equal(FakeViews.Id("m", 2), VersionChoice.Resolve(view, ModelReference.Parse("m")).Id);
    }

    [Fact]
    public void Where_none_can_serve_it_is_the_newest_of_all()
    {
        var view = FakeViews.Paint(1, FakeViews.Version("m", 1, error: "a"), FakeViews.Version("m", 2, error: "b"));

        Assert.Equal(FakeViews.Id("m", 2), VersionChoice.Resolve(view, ModelReference.Parse("m")).Id);
    }

    [Fact]
    public void Unknown_names_numbers_and_aliases_are_told_apart()
    {
        var view = FakeViews.Paint(1, FakeViews.Version("m", 1));

        Assert.Equal("Request for unknown model: 'n' is not found", Fail("n", null, KreweErrorCode.ModelNotFound));
        Assert.Equal("Request for unknown model: 'm' version '7' is not found", Fail("m", "7", KreweErrorCode.VersionNotFound));
        Assert.Equal("Request for unknown model: 'm' version 'stable' is not found: a version is a number such as 1, and the model's aliases are 'latest', 'prod'", Fail("m", "stable", KreweErrorCode.VersionNotFound));

        string Fail(string name, string? version, KreweErrorCode code)
        {
            var error = Assert.Throws<KreweException>(() => VersionChoice.Resolve(view, ModelReference.Parse(name, version)));
            Assert.Equal(code, error.Code);
            return error.Message;
        }
    }

    [Fact]
    public void A_model_without_versions_is_unavailable_for_the_reason_a_silo_gives()
    {
        var view = FakeViews.Paint(1, FakeViews.Version("other", 1));
        view = new ClusterSnapshot
        {
            Nodes = view.Nodes,
            Models = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
                new[] { new CatalogModel(ModelName.Parse("m"), [], "model.json is no JSON") }, model => model.Name),
            Routes = view.Routes,
        };

        var error = Assert.Throws<KreweException>(() => VersionChoice.Resolve(view, ModelReference.Parse("m")));
        Assert.Equal((KreweErrorCode.Unavailable, "model 'm' cannot be served: model.json is no JSON"), (error.Code, error.Message));
    }

    [Fact]
    public void A_device_that_no_silo_with_the_model_has_is_named_with_what_there_is()
    {
        var version = FakeViews.Version("m", 1, needs: ExecutionProvider.Cuda);
        var view = FakeViews.Paint(
            [
                FakeViews.Node(1, [version]), FakeViews.Node(2, [], providers: [ExecutionProvider.Cpu, ExecutionProvider.Cuda]),
                FakeViews.Node(3, [version], draining: true, ExecutionProvider.Cpu, ExecutionProvider.Cuda),
            ],
            version);

        Assert.Equal(
            "model 'm' version '1' is not available: it needs CUDA, and no silo that has it offers that: silo-1 has CPU, silo-3 has CPU and CUDA (and is stopping)",
            DeviceCheck.FindObstacle(view, version)!.Message);
    }

    [Fact]
    public void One_silo_with_the_device_is_enough()
    {
        var version = FakeViews.Version("m", 1, needs: ExecutionProvider.Cuda);
        var view = FakeViews.Paint(
            [FakeViews.Node(1, [version]), FakeViews.Node(2, [version], providers: [ExecutionProvider.Cpu, ExecutionProvider.Cuda])], version);

        Assert.Null(DeviceCheck.FindObstacle(view, version));
    }
}
