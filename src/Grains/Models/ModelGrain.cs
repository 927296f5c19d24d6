using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Krewe.Rollouts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>
/// Keeps a model's route. A change is first durable here, then in the route book, then told to the silos; what fails on the way is
/// made up for: the book is tried again until it has the route, and silos read the book. Calls interleave, because a change waits for
/// silos that drain; changes themselves follow one another.
/// </summary>
[GrainType("krewe.model"), Reentrant]
internal sealed partial class ModelGrain : Grain, IModelGrain, ITrafficChanges
{
    /// <summary>A little less than callers wait for an answer; a drain that takes longer goes on without them.</summary>
    private static readonly TimeSpan PushPatience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private readonly ModelDecisions decisions;
    private readonly VersionRetirement retirement;
    private readonly RolloutLedger ledger;
    private readonly RolloutConductor conductor;
    private readonly RoutePush push;
    private readonly IClusterViewSource views;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private IGrainTimer? conducting;

    public ModelGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, IClusterViewSource views, RollbackCounter rollbacks, TimeProvider time,
        ILogger<ModelGrain> logger, IClusterReader? reader = null)
    {
        (this.views, this.time, this.logger) = (views, time, logger);
        var book = GrainFactory.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key);
        var state = new DurableState<ModelState>(storage, "route", this.GetGrainId());
        decisions = new ModelDecisions(Name, state, book, (turn, options) => this.RegisterGrainTimer(turn, options), logger);
        push = new RoutePush(silo => GrainFactory.GetGrain<INodeGrain>(silo.ToParsableString()), time, logger);
        retirement = new VersionRetirement(decisions, book, push, async () => reader is null ? Silos : await reader.GetHostsAsync(CancellationToken.None));
        ledger = new RolloutLedger(new DurableState<CountsState>(storage, "counts", this.GetGrainId()), time);
        conductor = new RolloutConductor(Model, this, ledger, new VersionWarmUp(GrainFactory, time, logger), views, rollbacks, time, logger);
    }

    ModelTraffic ITrafficChanges.Traffic => decisions.Traffic;

    private string Name => this.GetPrimaryKeyString();

    private ModelName Model => ModelName.Parse(Name);

    private IEnumerable<SiloAddress> Silos => views.Current.Nodes.Select(node => node.Address);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        decisions.PublishLater(Conduct, TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        decisions.Stop();
        conducting?.Dispose();
        try
        {
            await ledger.SaveAsync(now: true);
        }
        catch (KreweException exception)
        {
            // Those who counted say it again to the next activation.
            LogNotConducted(Name, exception.Message);
        }
    }

    public async Task<ModelRoute> GetRouteAsync()
    {
        await ReadAsync();
        return decisions.Route;
    }

    public async Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded)
    {
        var route = await decisions.ChangeAsync(route => RouteChanges.SetUnloaded(route, versions, unloaded));
        await PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> QuarantineAsync(long version, string reason)
    {
        var route = await decisions.ChangeAsync(route => RouteChanges.Quarantine(route, version, reason));

        // Nobody waits for the silos: the load that led here may be what a silo would have to wait for.
        _ = PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> ClearQuarantineAsync(long version)
    {
        var route = await decisions.ChangeAsync(route => RouteChanges.ClearQuarantine(route, version));
        await PushAsync(route);
        return route;
    }

    public async Task<TrafficReading> GetTrafficAsync()
    {
        await ReadAsync();
        var (traffic, epoch) = (decisions.Traffic, decisions.Route.Epoch);
        var counts = traffic.Rollout is { Id: var id } ? new RolloutCounts(id, await ledger.SumAsync(id)) : RolloutCounts.None;
        return new TrafficReading(traffic, counts, epoch, time.GetUtcNow());
    }

    public async Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author)
    {
        await views.RefreshAsync(CancellationToken.None);
        await ChangeAsync(traffic => traffic.Rollout?.Id == id
            ? traffic
            : RolloutMachine.Start(traffic, plan, traffic.ActiveRollout is null ? RolloutTerms.Check(views.Current, Model, traffic, plan) : plan.Version, id, author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> CommandRolloutAsync(RolloutOrder order)
    {
        await ReadAsync();
        if (order.Command == RolloutCommand.Promote && decisions.Traffic.ActiveRollout is { } rollout && rollout.Phase.Splits())
        {
            await conductor.PrepareAsync(rollout, Share.All);
        }

        await ledger.SaveAsync(now: true);
        await ChangeAsync(traffic => RolloutMachine.Command(traffic, order.Command, order.Author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author)
    {
        await views.RefreshAsync(CancellationToken.None);
        var target = RolloutTerms.FindServable(views.Current, Model, new ModelVersion(version)).Id.Version;
        await ChangeAsync(traffic => AliasChanges.Set(traffic, alias, target, author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author)
    {
        // Made again after its answer was lost, it finds its own line in the history.
        await ChangeAsync(traffic => !traffic.Aliases.ContainsKey(alias) && traffic.History.Any(
            entry => entry.At == author.At && entry.Actor == author.Actor && entry.What.StartsWith($"alias '{alias}' was removed", StringComparison.Ordinal))
            ? traffic
            : AliasChanges.Remove(traffic, alias, author));
        return await GetTrafficAsync();
    }

    public async Task ReportCallsAsync(CallReport report)
    {
        await ReadAsync();
        if (decisions.Traffic.Rollout is { } rollout)
        {
            await ledger.AddAsync(rollout.Id, report);
            await ledger.SaveAsync(now: false);
        }

        Conduct();
    }

    public async Task PinAsync(long published)
    {
        await views.RefreshAsync(CancellationToken.None);
        var version = new ModelVersion(published);
        if (views.Current.Models.TryGetValue(Model, out var known) && VersionChoice.NewestBelow(known, null) is { } newest && newest.Id.Version != version)
        {
            await ChangeAsync(traffic => AliasChanges.Pin(traffic, newest.Id.Version, version, time.GetUtcNow()));
            await retirement.WaitUntilReadAsync($"version {published} is not published: calls that belong to version {newest.Id.Version} would be sent there by");
        }
    }

    public Task RetireAsync(long version, ChangeAuthor author) => retirement.RetireAsync(version, author);

    public async Task ForgetAsync(long version, ChangeAuthor author) =>
        await PushAsync(await decisions.ChangeAsync(traffic => AliasChanges.Forget(traffic, new ModelVersion(version), author)));

    public async Task RestoreAsync(long version, ChangeAuthor author) =>
        await PushAsync(await decisions.ChangeAsync(traffic => AliasChanges.Restore(traffic, new ModelVersion(version), author)));

    async Task<ModelTraffic> ITrafficChanges.ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        await ChangeAsync(change);
        return decisions.Traffic;
    }

    /// <summary>Nobody waits for the silos: they hold what they are told to by the next poll, and the versions are in memory already.</summary>
    private async Task ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        var epoch = decisions.Known?.Epoch;
        var route = await decisions.ChangeAsync(change);
        Conduct();
        if (route.Epoch != epoch)
        {
            _ = PushAsync(route);
        }
    }

    private Task<IReadOnlyList<SiloAddress>> PushAsync(ModelRoute route) => push.SendAsync(route, Silos, PushPatience);

    private Task ReadAsync() => decisions.Known is null ? decisions.ReadAsync() : Task.CompletedTask;

    /// <summary>Looks once a second while a rollout is under way.</summary>
    private void Conduct()
    {
        if (decisions.Known?.ReadTraffic().ActiveRollout is not null)
        {
            conducting ??= this.RegisterGrainTimer(LookAsync, new GrainTimerCreationOptions(TimeSpan.Zero, LookInterval));
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await decisions.ReadAsync();
            if (decisions.Traffic.ActiveRollout is null)
            {
                conducting?.Dispose();
                conducting = null;
                return;
            }

            await conductor.LookAsync();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or KreweException)
        {
            // The next look finds what is so by then.
            LogNotConducted(Name, exception.Message);
        }
    }

    [LoggerMessage(EventId = 454, Level = LogLevel.Information, Message = "The rollout of model {Model} could not be looked at, and will be again: {Reason}")]
    private partial void LogNotConducted(string model, string reason);
}
