using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;

namespace Krewe.Rollouts.Tests.Routes;

public sealed class RouteChoiceTests
{
    private static readonly ModelVersion Old = new(1);
    private static readonly ModelVersion New = new(2);

    [Fact]
    public void Of_the_first_n_tickets_a_share_takes_its_part_rounded_up() => Properties.Hold(Prop.ForAll(Shares(), share =>
    {
        var taken = 0L;
        for (var ticket = 0L; ticket < 3000; ticket++)
        {
            if (taken != RouteChoice.Taken(share, ticket) || taken != (long)Math.Ceiling(ticket * (decimal)share.PartsPerMillion / Share.Whole))
            {
                return false;
            }

            taken += RouteChoice.Takes(share, ticket) ? 1 : 0;
        }

        return true;
    }));

    [Fact]
    public void Shares_are_exact_far_out_too() => Properties.Hold(Prop.ForAll(Shares(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (share, place) =>
    {
        var ticket = long.MaxValue / Share.Whole - place;
        return RouteChoice.Taken(share, ticket + 1) - RouteChoice.Taken(share, ticket) == (RouteChoice.Takes(share, ticket) ? 1 : 0);
    }));

    [Fact]
    public void Calls_and_copies_both_have_their_exact_share() => Properties.Hold(Prop.ForAll(Shares(), Shares(), (canary, shadow) =>
    {
        var (route, canaries, copies) = (Route(canary, shadow), 0L, 0L);
        for (var n = 0L; n < 2000; n++)
        {
            var target = RouteChoice.Choose(route, default, n, "")!.Value;
            canaries += target.Role == TrafficRole.Canary ? 1 : 0;
            copies += target.IsShadowed ? 1 : 0;
            if (canaries != RouteChoice.Taken(canary, n + 1) || copies != RouteChoice.Taken(shadow, n + 1 - canaries) || !IsSound(target))
            {
                return false;
            }
        }

        return true;
    }));

    [Fact]
    public void A_key_that_has_the_new_version_keeps_it_while_the_share_grows() => Properties.Hold(
        Prop.ForAll(Shares(), Shares(), ArbMap.Default.ArbFor<NonEmptyString>(), (one, other, key) =>
        {
            var (small, large) = one <= other ? (one, other) : (other, one);
            var (before, after) = (ByKey(small, Share.None, key.Get), ByKey(large, Share.None, key.Get));
            return (before.Role != TrafficRole.Canary || after.Role == TrafficRole.Canary)
                && before == RouteChoice.Choose(Route(small, Share.None), default, 17, key.Get) && IsSound(before) && IsSound(after);
        }));

    [Theory]
    [InlineData(10_000)]
    [InlineData(250_000)]
    [InlineData(900_000)]
    public void Keys_are_spread_by_the_share_as_well_as_chance_would(int canary)
    {
        const int Keys = 100_000;
        var targets = Enumerable.Range(0, Keys).Select(i => ByKey(new Share(canary), new Share(500_000), $"user-{i}")).ToArray();

        AssertWithinFourDeviations(Keys, canary / 1e6, targets.Count(target => target.Role == TrafficRole.Canary));
        AssertWithinFourDeviations(Keys, 0.5 * (1 - (canary / 1e6)), targets.Count(target => target.IsShadowed));
    }

    [Fact]
    public void Another_rollout_chooses_other_keys_first()
    {
        const int Keys = 100_000;
        var both = Enumerable.Range(0, Keys).Count(i => StickyKey.Place("a", $"user-{i}") < 100_000 && StickyKey.Place("b", $"user-{i}") < 100_000);

        AssertWithinFourDeviations(Keys, 0.01, both);
    }

    [Fact]
    public void A_version_that_is_named_is_never_split() => Properties.Hold(Prop.ForAll(Shares(), Shares(), (canary, shadow) =>
    {
        var route = Route(canary, shadow);
        return Enumerable.Range(0, 50).All(ticket =>
            RouteChoice.Choose(route, VersionSelector.Of(Old), ticket, "") == new RouteTarget(Old, TrafficRole.Named)
            && RouteChoice.Choose(route, VersionSelector.Parse("beta"), ticket, "") == new RouteTarget(New, TrafficRole.Named)
            && RouteChoice.Choose(route, VersionSelector.Parse("prod"), ticket, "") == RouteChoice.Choose(route, default, ticket, ""))
            && !RouteChoice.IsSplit(route, VersionSelector.Of(Old)) && !RouteChoice.IsSplit(route, VersionSelector.Parse("beta"))
            && RouteChoice.IsSplit(route, default) == (canary > Share.None || shadow > Share.None);
    }));

    [Fact]
    public void Without_a_rollout_callers_get_what_prod_says()
    {
        var set = new TrafficRoute { Aliases = Aliases(("prod", Old), ("latest", Old)) };

        Assert.Equal(new RouteTarget(Old, TrafficRole.Serving), RouteChoice.Choose(set, default, 0, ""));
        Assert.Equal(new RouteTarget(Old, TrafficRole.Serving), RouteChoice.Choose(set, VersionSelector.Parse("prod"), 0, "anna"));
        Assert.Equal(new RouteTarget(Old, TrafficRole.Named), RouteChoice.Choose(set, VersionSelector.Parse("latest"), 0, ""));
        Assert.Equal(new RouteTarget(null, TrafficRole.Serving), RouteChoice.Choose(TrafficRoute.Default, default, 0, ""));
        Assert.Equal(new RouteTarget(null, TrafficRole.Named), RouteChoice.Choose(TrafficRoute.Default, VersionSelector.Parse("latest"), 0, ""));
        Assert.Null(RouteChoice.Choose(set, VersionSelector.Parse("beta"), 0, ""));
    }

    private static bool IsSound(RouteTarget target) => target.Role == TrafficRole.Canary
        ? target.Version == New && target.Fallback == Old && !target.IsShadowed && target.Rollout is not null
        : target.Role == TrafficRole.Serving && target.Version == Old && target.Fallback is null && target.Rollout is not null;

    private static void AssertWithinFourDeviations(int n, double p, int count) =>
        Assert.InRange(Math.Abs(count - (n * p)), 0, 4 * Math.Sqrt(n * p * (1 - p)));

    private static Arbitrary<Share> Shares() => Gen.OneOf(
        Gen.Choose(0, Share.Whole), Gen.Choose(0, 100).Select(percent => percent * 10_000), Gen.Elements(0, 1, 999_999, Share.Whole))
        .Select(parts => new Share(parts)).ToArbitrary();

    private static RouteTarget ByKey(Share canary, Share shadow, string key) => RouteChoice.Choose(Route(canary, shadow), default, 0, key)!.Value;

    private static TrafficRoute Route(Share canary, Share shadow) => new()
    {
        Aliases = Aliases(("prod", Old), ("beta", New)),
        Rollout = new RolloutRoute("a", 0, Old, New, canary, shadow, ComparisonTolerance.Default),
    };

    private static ImmutableDictionary<string, ModelVersion> Aliases(params (string Name, ModelVersion Version)[] aliases) =>
        aliases.ToImmutableDictionary(alias => alias.Name, alias => alias.Version, StringComparer.Ordinal);
}
