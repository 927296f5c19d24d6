using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Api.Tests.Fakes;

/// <summary>The traffic of one model, <c>m</c> with versions 1 to 3: the real rules over a state that lives in memory, and nobody who calls it.</summary>
internal sealed class FakeRolloutControl : IRolloutControl
{
    private static readonly ModelName Model = ModelName.Parse("m");

    /// <summary>The state, for tests to look at and to set.</summary>
    public ModelTraffic Traffic { get; set; } = ModelTraffic.None;

    /// <summary>What is shown as counted.</summary>
    public ImmutableSortedDictionary<int, StepCounts> Counts { get; set; } = ImmutableSortedDictionary<int, StepCounts>.Empty;

    /// <summary>The time under which a rollout is shown.</summary>
    public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Thrown by every change where set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Who made the last change.</summary>
    public ChangeAuthor? Author { get; private set; }

    public ValueTask<RolloutStatus?> GetRolloutAsync(ModelName model, CancellationToken cancellationToken)
    {
        Find(model);
        return new(Traffic.Rollout is null ? null : Status());
    }

    public ValueTask<RolloutStatus> StartRolloutAsync(ModelName model, RolloutPlan plan, ChangeAuthor author, CancellationToken cancellationToken)
    {
        Change(model, plan.Version, author, traffic => RolloutMachine.Start(traffic, plan, new ModelVersion(1), "r1", author));
        return new(Status());
    }

    public ValueTask<RolloutStatus> CommandAsync(ModelName model, RolloutCommand command, ChangeAuthor author, CancellationToken cancellationToken)
    {
        Change(model, null, author, traffic => RolloutMachine.Command(traffic, command, author));
        return new(Status());
    }

    public ValueTask<IReadOnlyList<AliasTarget>> GetAliasesAsync(ModelName model, CancellationToken cancellationToken)
    {
        Find(model);
        string[] own = [ModelTraffic.Prod, ModelTraffic.Latest];
        return new([
            .. Traffic.Aliases.Select(alias => new AliasTarget(alias.Key, alias.Value, IsSet: true)),
            .. own.Except(Traffic.Aliases.Keys).Select(alias => new AliasTarget(alias, new ModelVersion(3), IsSet: false)),
        ]);
    }

    public ValueTask SetAliasAsync(ModelName model, string alias, ModelVersion version, ChangeAuthor author, CancellationToken cancellationToken)
    {
        Change(model, version, author, traffic => AliasChanges.Set(traffic, alias, version, author));
        return default;
    }

    public ValueTask RemoveAliasAsync(ModelName model, string alias, ChangeAuthor author, CancellationToken cancellationToken)
    {
        Change(model, null, author, traffic => AliasChanges.Remove(traffic, alias, author));
        return default;
    }

    public ValueTask<IReadOnlyList<HistoryEntry>> GetHistoryAsync(ModelName model, CancellationToken cancellationToken)
    {
        Find(model);
        return new([.. Traffic.History.Reverse()]);
    }

    private static void Find(ModelName model)
    {
        if (model != Model)
        {
            throw UnknownModel.Error(model);
        }
    }

    private RolloutStatus Status() => new(Model, Traffic.Rollout!, Counts, Now);

    private void Change(ModelName model, ModelVersion? version, ChangeAuthor author, Func<ModelTraffic, ModelTraffic> change)
    {
        Find(model);
        if (Failure is not null)
        {
            throw Failure;
        }

        if (version?.Number > 3)
        {
            throw UnknownModel.Error(new ModelReference(model, VersionSelector.Of(version.Value)));
        }

        Traffic = change(Traffic);
        Author = author;
    }
}
