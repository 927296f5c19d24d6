using FsCheck.Fluent;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Versions;
using Krewe.Serving.Crashes;

namespace Krewe.Grains.Tests.Versions;

public sealed class LoadRecordTests
{
    private static readonly ModelId Iris = new(ModelName.Parse("iris"), new ModelVersion(2));
    private static readonly ModelId Other = new(ModelName.Parse("other"), new ModelVersion(1));
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [Fact]
    public void A_load_that_ended_leaves_nothing_behind()
    {
        var (begun, verdict) = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now);
        Assert.Equal(new LoadVerdict(true, false, ""), verdict);
        Assert.Equal([new OpenLoad("1@1", "silo-1")], begun.Open);
        var ended = begun.End(Intent(1, 1));
        Assert.Empty(ended.Open);
        Assert.Same(ended, ended.End(Intent(1, 1)));
    }

    [Fact]
    public void Loads_of_living_silos_go_side_by_side()
    {
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;
        var (both, verdict) = record.Begin(Intent(2, 1), _ => true, Now);
        Assert.False(verdict.Suspect);
        Assert.Equal(2, both.Open.Length);
        Assert.Equal("silo-2", Assert.Single(both.End(Intent(1, 1)).Open).SiloName);
    }

    [Fact]
    public void A_dead_silo_makes_a_suspect_that_is_recorded_only_when_alone()
    {
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;
        var (buried, verdict) = record.Begin(Intent(2, 1), _ => false, Now);
        Assert.Equal(new LoadVerdict(true, true, ""), verdict);
        Assert.Empty(buried.Open);
        Assert.Equal([new LoadDeath("silo-1", Now)], buried.Deaths);
        var (alone, again) = buried.Begin(Intent(2, 1, alone: true), _ => false, Now);
        Assert.Equal(verdict, again);
        Assert.Equal("silo-2", Assert.Single(alone.Open).SiloName);
    }

    [Fact]
    public void A_load_that_was_not_running_when_its_silo_ended_is_blamed_for_nothing()
    {
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;

        var (after, verdict) = record.Begin(Intent(2, 1), _ => false, Now, _ => LoadEvidence.Of(End(), Iris));

        Assert.Equal(new LoadVerdict(true, false, ""), verdict);
        Assert.Empty(after.Deaths);
        Assert.Equal("silo-2", Assert.Single(after.Open).SiloName);
    }

    [Fact]
    public void A_load_beside_what_may_have_ended_the_silo_is_a_suspect_and_never_quarantined_by_that()
    {
        var record = LoadRecord.Empty;
        var end = End(Work(Iris, NativeWork.Load), Work(Other, NativeWork.HarmfulRun), Work(Other, NativeWork.PlainRun));
        for (var silo = 1; silo < 9; silo++)
        {
            record = record.Begin(Intent(silo, 1, alone: silo > 1), _ => true, Now).Record;
            (record, var verdict) = record.Begin(Intent(silo + 1, 1), _ => false, Now, _ => LoadEvidence.Of(end, Iris));
            Assert.Equal(new LoadVerdict(true, true, ""), verdict);
        }

        Assert.False(record.IsQuarantined);
        Assert.StartsWith(
            "its load may have ended the process of silo silo-1 at 2026-03-04 05:06:07 UTC, as may have a run of other/1 (1 request)", record.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_beside_runs_that_cannot_end_a_silo_is_blamed()
    {
        var end = End(Work(Iris, NativeWork.Load), Work(Other, NativeWork.PlainRun));
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;

        record = record.Begin(Intent(2, 1), _ => false, Now, _ => LoadEvidence.Of(end, Iris)).Record;

        Assert.Equal([new LoadDeath("silo-1", Now)], record.Deaths);
    }

    [Fact]
    public void Only_a_load_of_the_version_itself_may_be_the_cause()
    {
        Assert.False(LoadEvidence.Of(End(Work(Other, NativeWork.Load)), Iris).MayBeCause);
        Assert.False(LoadEvidence.Of(End(Work(Iris, NativeWork.HarmfulRun)), Iris).MayBeCause);
        Assert.Equal(new LoadEvidence(true), LoadEvidence.Of(End(Work(Iris, NativeWork.Load)), Iris));
    }

    [Fact]
    public void Without_a_record_of_what_was_under_way_the_load_is_blamed() => Assert.Equal(LoadEvidence.None, LoadEvidence.Of(null, Iris));

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Two_deaths_quarantine_with_a_reason_that_names_them(int second)
    {
        var record = Die(LoadRecord.Empty, 1, 1);
        record = Die(record, second, 2);
        var (after, verdict) = record.Begin(Intent(3, 1, alone: true), _ => false, Now);
        Assert.False(verdict.Allowed);
        Assert.Empty(after.Open);
        Assert.Equal(
            $"loading it ended the process of silo silo-1 at 2026-03-04 05:06:07 UTC and of silo silo-{second} at 2026-03-04 05:06:07 UTC; "
            + "POST .../quarantine/clear allows it again",
            verdict.Reason);
        Assert.True(after.Clear(_ => false).Begin(Intent(3, 1), _ => false, Now).Verdict is { Allowed: true, Suspect: false });
    }

    [Fact]
    public void The_same_silo_with_another_generation_is_a_dead_one()
    {
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;
        Assert.Single(record.Begin(Intent(1, 2), _ => false, Now).Record.Deaths);
    }

    [Fact]
    public void A_lost_end_is_no_death_while_the_process_lives()
    {
        var record = LoadRecord.Empty.Begin(Intent(1, 1), _ => true, Now).Record;
        var (again, verdict) = record.Begin(Intent(1, 1), _ => false, Now);
        Assert.False(verdict.Suspect);
        Assert.Single(again.Open);
    }

    [Fact]
    public void Other_files_on_a_silo_start_a_clean_record_and_copies_on_another_silo_do_not()
    {
        var record = Die(LoadRecord.Empty, 1, 1);
        Assert.True(record.Begin(Intent(2, 1, "copy"), _ => false, Now).Verdict.Suspect);
        var (clean, verdict) = record.Begin(Intent(1, 2, "new"), _ => false, Now);
        Assert.False(verdict.Suspect);
        Assert.Empty(clean.Deaths);
    }

    [Fact]
    public void A_load_that_a_silo_survives_forgives_its_own_death_and_a_day_forgives_all()
    {
        var record = Die(LoadRecord.Empty, 1, 1);
        var elsewhere = record.Begin(Intent(2, 1, alone: true), _ => false, Now).Record.End(Intent(2, 1));
        Assert.Single(elsewhere.Deaths);
        var here = elsewhere.Begin(Intent(1, 2, alone: true), _ => false, Now).Record.End(Intent(1, 2));
        Assert.Empty(here.Deaths);
        Assert.False(elsewhere.Begin(Intent(2, 1), _ => false, Now.AddHours(25)).Verdict.Suspect);
    }

    [Fact]
    public void Whatever_happens_deaths_come_only_from_silos_that_died_during_a_load()
    {
        var steps = Gen.Choose(0, 2).SelectMany(kind => Gen.Choose(1, 3), (kind, silo) => (kind, silo)).ListOf();
        Prop.ForAll(Arb.From(steps), sequence =>
        {
            var record = LoadRecord.Empty;
            var generation = new[] { 0, 1, 1, 1 };
            var mayBlame = new HashSet<string>();
            foreach (var (kind, silo) in sequence)
            {
                var intent = Intent(silo, generation[silo], alone: true);
                bool IsAlive(string text) => generation[int.Parse(text[..1], null)] == int.Parse(text[2..], null);
                record = kind == 0 ? record.Begin(intent, IsAlive, Now).Record : kind == 1 ? record.End(intent) : record;
                if (kind == 2)
                {
                    mayBlame.UnionWith(record.Open.Where(open => open.Silo == intent.Silo).Select(open => open.SiloName));
                    generation[silo]++;
                }

                Assert.All(record.Deaths, death => Assert.Contains(death.SiloName, mayBlame));
                Assert.True(record.Open.Select(open => open.Silo).Distinct().Count() == record.Open.Length);
            }
        }).Hold();
    }

    internal static LoadIntent Intent(int silo, int generation, string artifact = "a", bool alone = false) =>
        new($"{silo}@{generation}", $"silo-{silo}", artifact, alone);

    /// <summary>The record after a silo began a load, died of it, and somebody has found that out.</summary>
    private static LoadRecord Die(LoadRecord record, int silo, int generation)
    {
        var begun = record.Begin(Intent(silo, generation, alone: true), _ => false, Now).Record;
        return begun.Begin(Intent(9, 1), _ => false, Now).Record with { Artifacts = begun.Artifacts, Open = [] };
    }

    private static UnderWay Work(ModelId model, NativeWork kind) => new(model, kind, 1, "", "", []);

    private static ProcessEnd End(params UnderWay[] work) => new("1", Now, [.. work]);
}
