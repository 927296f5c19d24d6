using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Decisions;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Rollouts;
using Krewe.Grains.Storage;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Grains.Models;

/// <summary>
/// Owns a model's route and runs its rollout. A change is a turn: stored first, then published to the routing table, which pushes it. Reads,
/// reports and waits interleave (see <see cref="IModelGrain"/> and <see cref="IModelTurns"/>).
/// </summary>
[GrainType("krewe.model")]
internal sealed partial class ModelGrain : Grain, IModelGrain, IModelTurns
{
    /// <summary>A little less than the caller's response timeout; a drain that takes longer continues without the caller.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan EvaluationInterval = TimeSpan.FromSeconds(1);
    private readonly ModelDecisions decisions;
    private readonly VersionRetirement retirement;
    private readonly RolloutClock clock;
    private readonly RolloutLedger ledger;
    private readonly RolloutConductor conductor;
    private readonly RoutePush push;
    private readonly IClusterSnapshotSource snapshots;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private IGrainTimer? conducting;

    public ModelGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, IClusterSnapshotSource snapshots, RollbackCounter rollbacks,
        TimeProvider time,
        ILogger<ModelGrain> logger, IClusterReader? reader = null)
    {
        (this.snapshots, this.time, this.logger) = (snapshots, time, logger);
        var table = GrainFactory.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key);
        decisions = new ModelDecisions(
            Name, new DurableState<ModelState>(storage, ModelState.StorageName, this.GetGrainId()), table, this, logger);
        push = new RoutePush(silo => GrainFactory.GetGrain<INodeGrain>(silo.ToParsableString()), time, logger);
        retirement = new VersionRetirement(
            this.AsReference<IModelTurns>(), table, push, async () =>
                reader is null ? Silos : await reader.GetHostsAsync(CancellationToken.None));
        clock = new RolloutClock(time);
        ledger = new RolloutLedger(new DurableState<CountsState>(storage, "counts", this.GetGrainId()), clock, time);
        conductor = new RolloutConductor(
            Model, decisions, ledger, new VersionWarmUp(GrainFactory, time, logger), new BackgroundWork(this, logger),
            () => conducting?.Change(TimeSpan.Zero, EvaluationInterval), snapshots, rollbacks, clock, time, logger);
    }

    private string Name => this.GetPrimaryKeyString();

    private ModelName Model => ModelName.Parse(Name);

    private IModelTurns Turns => this.AsReference<IModelTurns>();

    private IEnumerable<SiloAddress> Silos => snapshots.Current.Nodes.Select(node => node.Address);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        decisions.PublishLater(Conduct, TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await ledger.SaveAsync(now: true);
        }
        catch (KreweException exception)
        {
            // Reporters send their totals again to the next activation.
            LogNotConducted(Name, exception.Message);
        }
    }

    public async Task<ModelRoute> GetRouteAsync()
    {
        await ReadAsync();
        return decisions.Route;
    }

    public async Task WaitUntilAppliedAsync()
    {
        await ReadAsync();
        await push.SendAsync(decisions.Route, Silos, DrainTimeout);
    }

    public Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded) =>
        decisions.ChangeAsync(route => RouteChanges.SetUnloaded(route, versions, unloaded));

    public Task<ModelRoute> QuarantineAsync(long version, string reason) =>
        decisions.ChangeAsync(route => RouteChanges.Quarantine(route, version, reason));

    public Task<ModelRoute> RefuseAsync(long version, string inputs) =>
        decisions.ChangeAsync(route => RouteChanges.Refuse(route, new RefusedInput(version, inputs, time.GetUtcNow())));

    public Task<ModelRoute> ClearQuarantineAsync(long version) =>
        decisions.ChangeAsync(route => RouteChanges.ClearQuarantine(route, version));

    public async Task<TrafficReading> GetTrafficAsync()
    {
        await ReadAsync();
        var (traffic, epoch) = (decisions.Traffic, decisions.Route.Epoch);
        var counts = traffic.Rollout is { Id: var id } ? new RolloutCounts(id, await ledger.SumAsync(id)) : RolloutCounts.None;
        return new TrafficReading(traffic, counts, epoch, clock.Now);
    }

    public async Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author)
    {
        await snapshots.RefreshAsync(CancellationToken.None);
        return await ChangeAsync(traffic => traffic.Rollout?.Id == id
            ? traffic
            : RolloutMachine.Start(
                traffic, plan, traffic.ActiveRollout is null ? RolloutPreconditions.Check(snapshots.Current, Model, traffic, plan)
                : plan.Version, id, author with { At = traffic.ActiveRollout is null ? clock.Restart() : clock.Now }));
    }

    public async Task<TrafficReading> CommandRolloutAsync(RolloutOrder order)
    {
        await ReadAsync();
        if (order.Command == RolloutCommand.Promote && decisions.Traffic.ActiveRollout is { } rollout && rollout.Phase.Splits())
        {
            await conductor.PrepareAsync(rollout, Share.All, CancellationToken.None);
        }

        await Turns.CommandAsync(order);
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author)
    {
        await snapshots.RefreshAsync(CancellationToken.None);
        var target = RolloutPreconditions.FindServable(snapshots.Current, Model, new ModelVersion(version)).Id.Version;
        return await ChangeAsync(traffic => AliasChanges.Set(traffic, alias, target, author));
    }

    // Idempotent: a retry after a lost answer finds its own entry in the history.
    public Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author) => ChangeAsync(
        traffic => !traffic.Aliases.ContainsKey(alias) && traffic.History.Any(
            entry => entry.At == author.At && entry.Actor == author.Actor && entry.What.StartsWith(
                $"alias '{alias}' was removed", StringComparison.Ordinal))
            ? traffic
            : AliasChanges.Remove(traffic, alias, author));

    public async Task ReportCallsAsync(CallReport report)
    {
        await ReadAsync();
        if (decisions.Traffic.Rollout is { } rollout)
        {
            await ledger.AddAsync(rollout.Id, report);
        }

        Conduct();
    }

    public async Task PinAsync(long published)
    {
        await snapshots.RefreshAsync(CancellationToken.None);
        var version = new ModelVersion(published);
        if (snapshots.Current.Models.TryGetValue(Model, out var known) && VersionChoice.NewestBelow(known, null) is { } newest
            && newest.Id.Version != version)
        {
            await Turns.PinAsync(newest.Id.Version.Number, published);
            await retirement.WaitUntilReadAsync(
                $"version {published} is not published: calls for version {newest.Id.Version} would be routed to it by");
        }
    }

    public Task RetireAsync(long version, ChangeAuthor author) => retirement.RetireAsync(version, author);

    public Task ForgetAsync(long version, ChangeAuthor author) =>
        decisions.ChangeAsync(traffic => AliasChanges.Forget(traffic, new ModelVersion(version), author));

    public Task RestoreAsync(long version, ChangeAuthor author) =>
        decisions.ChangeAsync(traffic => AliasChanges.Restore(traffic, new ModelVersion(version), author));

    Task IModelTurns.PinAsync(long newest, long published) =>
        decisions.ChangeAsync(
            traffic => AliasChanges.Pin(traffic, new ModelVersion(newest), new ModelVersion(published), time.GetUtcNow()));

    Task<ModelRoute> IModelTurns.RetireAsync(long version, ChangeAuthor author) =>
        decisions.ChangeAsync(traffic => AliasChanges.Retire(traffic, new ModelVersion(version), author));

    // If the version was forgotten meanwhile, it stays callable.
    Task<ModelRoute> IModelTurns.CloseAsync(long version) => decisions.ChangeAsync(
        (ModelRoute route) =>
            route.Traffic?.Retired.Contains(new ModelVersion(version)) == true ? RouteChanges.Close(route, version) : route);

    async Task IModelTurns.CommandAsync(RolloutOrder order)
    {
        await ledger.SaveAsync(now: true);
        await decisions.ChangeAsync(traffic => RolloutMachine.Command(
            RolloutMachine.Seen(traffic, clock.Now), order.Command, order.Author with { At = clock.Now }));
    }

    private async Task<TrafficReading> ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        await decisions.ChangeAsync(change);
        Conduct();
        return await GetTrafficAsync();
    }

    private Task ReadAsync() => decisions.Known is null ? decisions.ReadAsync() : Task.CompletedTask;

    /// <summary>Evaluates once a second while a rollout is active or counts are unsaved.</summary>
    private void Conduct()
    {
        if (decisions.Known?.ReadTraffic().ActiveRollout is not null || ledger.HasUnsaved)
        {
            conducting ??= this.RegisterGrainTimer(
                EvaluateAsync, new GrainTimerCreationOptions(TimeSpan.Zero, EvaluationInterval) { KeepAlive = true });
        }
    }

    private async Task EvaluateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await decisions.ReadAsync();
            if (!await conductor.EvaluateAsync())
            {
                conducting?.Dispose();
                conducting = null;
            }
        }
        catch (Exception exception) when (exception is KreweException || LostCall.Is(exception))
        {
            // The next evaluation reads the state again.
            LogNotConducted(Name, exception.Message);
        }
        catch (Exception exception)
        {
            LogEvaluationFailed(exception, Name);
        }
    }

    [LoggerMessage(EventId = 454, Level = LogLevel.Information,
        Message = "Failed to evaluate the rollout of model {Model}; retrying in a second: {Reason}")]
    private partial void LogNotConducted(string model, string reason);

    [LoggerMessage(EventId = 459, Level = LogLevel.Error,
        Message = "Evaluating the rollout of model {Model} failed unexpectedly; retrying in a second")]
    private partial void LogEvaluationFailed(Exception error, string model);
}

/// <summary>Pure changes of a model's route. Each returns its argument if nothing changes, else a route of the next epoch.</summary>
internal static class RouteChanges
{
    private const int MaxRefused = 256;

    /// <summary>At least as long as silos refuse an input.</summary>
    private static readonly TimeSpan RefusalPeriod = TimeSpan.FromMinutes(10);

    /// <summary>Marks versions as unloaded, or clears the mark.</summary>
    public static ModelRoute SetUnloaded(ModelRoute route, IEnumerable<long> versions, bool unloaded)
    {
        var now = unloaded ? route.Unloaded.Union(versions) : route.Unloaded.Except(versions);
        var ordered = now.Order().ToArray();
        return ordered.SequenceEqual(route.Unloaded) ? route : route with { Epoch = route.Epoch + 1, Unloaded = [.. ordered] };
    }

    /// <summary>Quarantines a version. The first reason stands: it is nearest to the cause.</summary>
    public static ModelRoute Quarantine(ModelRoute route, long version, string reason) => route.Quarantined.ContainsKey(version)
        ? route
        : route with { Epoch = route.Epoch + 1, Quarantined = route.Quarantined.Add(version, reason) };

    /// <summary>
    /// Has silos refuse inputs; those refused before <see cref="RefusalPeriod"/>, and the oldest of too many, are dropped.
    /// </summary>
    public static ModelRoute Refuse(ModelRoute route, RefusedInput input) => route with
    {
        Epoch = route.Epoch + 1,
        Refused =
        [
            .. route.Refused.Where(known => input.At - known.At < RefusalPeriod
                && (known.Version, known.Inputs) != (input.Version, input.Inputs)).TakeLast(MaxRefused - 1),
            input,
        ],
    };

    /// <summary>Makes silos refuse calls for a retired version.</summary>
    public static ModelRoute Close(ModelRoute route, long version) => route.Closed.Contains(version)
        ? route
        : route with { Epoch = route.Epoch + 1, Closed = route.Closed.Add(version) };

    /// <summary>Allows a version to be loaded again.</summary>
    public static ModelRoute ClearQuarantine(ModelRoute route, long version) => route.Quarantined.ContainsKey(version)
        ? route with { Epoch = route.Epoch + 1, Quarantined = route.Quarantined.Remove(version) }
        : route;
}
