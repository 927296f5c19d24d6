using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Api.Endpoints;

namespace Krewe.Api.Tests.Endpoints;

public sealed class RepositoryStateTests
{
    public static TheoryData<VersionState> States => [.. Enum.GetValues<VersionState>()];

    [Theory]
    [MemberData(nameof(States))]
    public void A_version_is_ready_or_loading_exactly_where_it_can_be_served(VersionState state)
    {
        var status = Status(state, "");
        Assert.Equal(status.IsServable, RepositoryState.Of(status).State is RepositoryState.Ready or RepositoryState.Loading);
    }

    [Theory]
    [InlineData(VersionState.Absent, "", "READY", "loads on first call")]
    [InlineData(VersionState.Ready, "", "READY", "")]
    [InlineData(VersionState.Loading, "", "LOADING", "")]
    [InlineData(VersionState.Draining, "", "UNLOADING", "")]
    [InlineData(VersionState.Failed, "no ONNX file", "UNAVAILABLE", "no ONNX file")]
    [InlineData(VersionState.Failed, "", "UNAVAILABLE", "the last load failed")]
    [InlineData(VersionState.Unloaded, "", "UNAVAILABLE", "unloaded")]
    public void Each_state_has_its_name(VersionState state, string reason, string expected, string expectedReason) =>
        Assert.Equal((expected, expectedReason), RepositoryState.Of(Status(state, reason)));

    [Fact]
    public void A_model_without_versions_is_unavailable() =>
        Assert.Equal(RepositoryState.Unavailable, RepositoryState.Of(Status(VersionState.Absent, "") with { Version = null }).State);

    private static ModelVersionStatus Status(VersionState state, string reason) =>
        new(ModelName.Parse("m"), new ModelVersion(1), state, reason);
}
