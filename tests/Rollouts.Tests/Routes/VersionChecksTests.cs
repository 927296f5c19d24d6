using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Routes;

public sealed class VersionChecksTests
{
    private static readonly ChangeAuthor Anna = new("anna", "", new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_rollout_moves_from_prod_or_else_from_the_newest_other_version_that_is_kept()
    {
        Assert.Equal(V(2), VersionChecks.ChooseFrom(ModelTraffic.None, V(3), [V(1), V(3), V(2)]));
        Assert.Equal(V(1), VersionChecks.ChooseFrom(AliasChanges.Retire(ModelTraffic.None, V(2), Anna), V(3), [V(3), V(2), V(1)]));
        Assert.Equal(V(7), VersionChecks.ChooseFrom(AliasChanges.Set(ModelTraffic.None, ModelTraffic.Prod, V(7), Anna), V(3), [V(3), V(2)]));
        var error = Assert.Throws<KreweException>(() => VersionChecks.ChooseFrom(ModelTraffic.None, V(3), [V(3)]));
        Assert.Equal(KreweErrorCode.Conflict, error.Code);
        Assert.Contains("version 3 is the only one that can serve", error.Message);
    }

    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(2, 1, false)]
    public void Publishing_pins_the_serving_version_unless_the_new_one_is_older(int serving, int published, bool isPinned)
    {
        var traffic = AliasChanges.Pin(ModelTraffic.None, V(serving), V(published), Anna.At);

        Assert.Equal(isPinned, traffic.Aliases.TryGetValue(ModelTraffic.Prod, out var prod) && prod == V(serving));
        Assert.Equal(isPinned ? 1 : 0, traffic.Aliases.Count);
    }

    [Fact]
    public void Publishing_leaves_prod_where_it_is()
    {
        var traffic = AliasChanges.Set(ModelTraffic.None, ModelTraffic.Prod, V(1), Anna);

        Assert.Same(traffic, AliasChanges.Pin(traffic, V(2), V(3), Anna.At));
    }

    [Fact]
    public void A_route_with_any_decision_is_not_the_default()
    {
        Assert.True(new TrafficRoute().IsDefault);
        Assert.False(new TrafficRoute { Problem = "the file is damaged" }.IsDefault);
        Assert.False(TrafficRoute.Of(AliasChanges.Set(ModelTraffic.None, "beta", V(1), Anna)).IsDefault);
        Assert.False(TrafficRoute.Of(AliasChanges.Retire(ModelTraffic.None, V(1), Anna)).IsDefault);
    }

    private static ModelVersion V(int number) => new(number);
}
