using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.States;

public sealed class AliasChangesTests
{
    private static readonly ChangeAuthor Anna = new("anna", "", Some.Noon);
    private static readonly ModelVersion One = new(1);
    private static readonly ModelVersion Two = new(2);

    [Fact]
    public void An_alias_is_set_moved_and_removed()
    {
        var traffic = AliasChanges.Set(ModelTraffic.None, "beta", One, Anna);
        traffic = AliasChanges.Set(traffic, "beta", Two, Anna);
        Assert.Same(traffic, AliasChanges.Set(traffic, "beta", Two, Anna));
        traffic = AliasChanges.Remove(traffic, "beta", Anna);

        Assert.Empty(traffic.Aliases);
        Assert.Equal(
            ["alias 'beta' was set to version 1", "alias 'beta' moved from version 1 to version 2", "alias 'beta' was removed from version 2"],
            traffic.History.Select(line => line.What));
        Assert.Equal(KreweErrorCode.VersionNotFound, Assert.Throws<KreweException>(() => AliasChanges.Remove(traffic, "beta", Anna)).Code);
    }

    [Fact]
    public void Prod_does_not_move_under_a_rollout_and_others_do()
    {
        var traffic = RolloutMachine.Start(ModelTraffic.None, Some.Plan, One, "a", Anna);

        Assert.Contains("promote or abort it first", Assert.Throws<KreweException>(() => AliasChanges.Set(traffic, "prod", Two, Anna)).Message, StringComparison.Ordinal);
        Assert.Throws<KreweException>(() => AliasChanges.Remove(traffic, "prod", Anna));
        Assert.Equal(Two, AliasChanges.Set(traffic, "beta", Two, Anna).Aliases["beta"]);
    }

    [Fact]
    public void There_are_only_so_many()
    {
        var traffic = Enumerable.Range(0, ModelTraffic.MaxAliases).Aggregate(ModelTraffic.None, (before, i) => AliasChanges.Set(before, $"a{i}", One, Anna));

        Assert.Contains("remove one first", Assert.Throws<KreweException>(() => AliasChanges.Set(traffic, "b", One, Anna)).Message, StringComparison.Ordinal);
        Assert.Equal(Two, AliasChanges.Set(traffic, "a7", Two, Anna).Aliases["a7"]);
    }

    [Fact]
    public void A_version_goes_only_when_nothing_names_it()
    {
        var traffic = AliasChanges.Set(ModelTraffic.None, "beta", One, Anna);
        Assert.Equal(
            "version 1 cannot be deleted: the alias 'beta' names it: point it to another version first",
            Assert.Throws<KreweException>(() => AliasChanges.Retire(traffic, One, Anna)).Message);

        traffic = AliasChanges.Retire(traffic, Two, Anna);
        Assert.Same(traffic, AliasChanges.Retire(traffic, Two, Anna));
        Assert.Equal([Two], TrafficRoute.Of(traffic).Retired);
        Assert.Throws<KreweException>(() => AliasChanges.Set(traffic, "prod", Two, Anna));
        Assert.Empty(AliasChanges.Forget(traffic, Two, Anna).Retired);
    }

    [Fact]
    public void Only_so_many_changes_are_remembered()
    {
        var traffic = Enumerable.Range(0, ModelTraffic.MaxHistory + 50).Aggregate(
            ModelTraffic.None, (before, i) => AliasChanges.Set(before, "beta", new ModelVersion(1 + (i % 2)), Anna));

        Assert.Equal((550, 500, 51), (traffic.Revision, traffic.History.Length, traffic.History[0].Revision));
    }
}
