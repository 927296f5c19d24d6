using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>Moves the traffic of this process.</summary>
internal sealed class LocalRolloutControl(
    TrafficLedger ledger, RolloutConductor conductor, ServedModels models, VersionLoader loader, MemoryBudget budget, TimeProvider time) : IRolloutControl
{
    public ValueTask<RolloutStatus?> GetRolloutAsync(ModelName model, CancellationToken cancellationToken)
    {
        _ = models.Find(model);
        return new(ledger.Read(model).Rollout is null ? null : StatusOf(model));
    }

    public async ValueTask<RolloutStatus> StartRolloutAsync(
        ModelName model, RolloutPlan plan, ChangeAuthor author, CancellationToken cancellationToken)
    {
        if (plan.FindErrors() is { Count: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        var to = models.Find(model, plan.Version);
        await ledger.ChangeAsync(model, traffic => Start(traffic, plan, to, author), cancellationToken);
        conductor.Wake();
        return StatusOf(model);
    }

    public async ValueTask<RolloutStatus> CommandAsync(
        ModelName model, RolloutCommand command, ChangeAuthor author, CancellationToken cancellationToken)
    {
        _ = models.Find(model);
        await ledger.ChangeAsync(model, traffic => RolloutMachine.Command(traffic, command, author), cancellationToken);
        return StatusOf(model);
    }

    public ValueTask<IReadOnlyList<AliasTarget>> GetAliasesAsync(ModelName model, CancellationToken cancellationToken)
    {
        var newest = models.Find(model).Newest() is { } version && CanServe(version) ? version.Id.Version : (ModelVersion?)null;
        var set = ledger.Read(model).Aliases;
        string[] always = [ModelTraffic.Latest, ModelTraffic.Prod];
        return new([
            .. set.Select(alias => new AliasTarget(alias.Key, alias.Value, IsSet: true))
                .Concat(always.Where(alias => !set.ContainsKey(alias)).Select(alias => new AliasTarget(alias, newest, IsSet: false)))
                .OrderBy(alias => alias.Alias, StringComparer.Ordinal),
        ]);
    }

    public async ValueTask SetAliasAsync(
        ModelName model, string alias, ModelVersion version, ChangeAuthor author, CancellationToken cancellationToken)
    {
        var (name, served) = (AliasName.Parse(alias), models.Find(model, version));

        // Nothing is loaded for what would be refused.
        _ = AliasChanges.Set(ledger.Read(model), name, version, author);
        await loader.LoadNowAsync(served, cancellationToken);
        var lease = await loader.LeaseAsync(served, cancellationToken);
        try
        {
            await ledger.ChangeAsync(model, traffic => AliasChanges.Set(traffic, name, version, author), cancellationToken);
        }
        finally
        {
            lease?.Return();
        }
    }

    public async ValueTask RemoveAliasAsync(ModelName model, string alias, ChangeAuthor author, CancellationToken cancellationToken)
    {
        var name = AliasName.Parse(alias);
        _ = models.Find(model);
        await ledger.ChangeAsync(model, traffic => AliasChanges.Remove(traffic, name, author), cancellationToken);
    }

    public ValueTask<IReadOnlyList<HistoryEntry>> GetHistoryAsync(ModelName model, CancellationToken cancellationToken)
    {
        _ = models.Find(model);
        return new([.. ledger.Read(model).History.Reverse()]);
    }

    private static bool CanServe(ServedVersion version) => version.Describe().State is not (VersionState.Failed or VersionState.Unloaded);

    private static ServedVersion Servable(ServedVersion version)
    {
        var (state, reason) = version.Describe();
        return state is not (VersionState.Failed or VersionState.Unloaded) ? version : throw VersionChecks.CannotServe(version.Id.Version, reason);
    }

    private ModelTraffic Start(ModelTraffic traffic, RolloutPlan plan, ServedVersion to, ChangeAuthor author)
    {
        VersionChecks.RefuseRetired(traffic, plan.Version);
        var name = to.Id.Name;
        var from = models.Find(name, VersionChecks.ChooseFrom(traffic, plan.Version, models.Find(name).Versions.Where(CanServe).Select(version => version.Id.Version)));
        var next = RolloutMachine.Start(traffic, plan, from.Id.Version, Guid.NewGuid().ToString("N"), author);
        if (plan.ReplicaByReplica)
        {
            RolloutRoom.VerifyInPlace(plan);
        }
        else
        {
            RolloutRoom.Verify(Servable(from), Servable(to), models.AllVersions, budget.Bytes);
        }

        return next;
    }

    private RolloutStatus StatusOf(ModelName model) =>
        new(model, ledger.Read(model).Rollout!, ledger.ReadCounts(model).Steps, time.GetUtcNow());
}
