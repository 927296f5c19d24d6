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
    private static readonly TimeSpan RepublishInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private readonly DurableState<ModelState> state;
    private readonly RolloutLedger ledger;
    private readonly RolloutConductor conductor;
    private readonly RoutePush push;
    private readonly IClusterViewSource views;
    private readonly IClusterReader? reader;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private IGrainTimer? republishing;
    private IGrainTimer? conducting;
    private long publishedEpoch;

    public ModelGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, IClusterViewSource views, RollbackCounters rollbacks, TimeProvider time,
        ILogger<ModelGrain> logger, IClusterReader? reader = null)
    {
        (this.views, this.time, this.logger, this.reader) = (views, time, logger, reader);
        state = new DurableState<ModelState>(storage, "route", this.GetGrainId());
        ledger = new RolloutLedger(new DurableState<CountsState>(storage, "counts", this.GetGrainId()), time);
        conductor = new RolloutConductor(Model, this, ledger, new VersionWarmUp(GrainFactory, time, logger), views, rollbacks, time, logger);
        push = new RoutePush(silo => GrainFactory.GetGrain<INodeGrain>(silo.ToParsableString()), time, logger);
    }

    ModelTraffic ITrafficChanges.Traffic => state.Value!.ReadTraffic();

    private string Name => this.GetPrimaryKeyString();

    private ModelName Model => ModelName.Parse(Name);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The process may have ended between the write here and the one in the book.
        PublishLater(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        republishing?.Dispose();
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
        return state.Value!.ToRoute(Name);
    }

    public async Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded)
    {
        var route = await ChangeRouteAsync(route => RouteChanges.SetUnloaded(route, versions, unloaded));
        await PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> QuarantineAsync(long version, string reason)
    {
        var route = await ChangeRouteAsync(route => RouteChanges.Quarantine(route, version, reason));

        // Nobody waits for the silos: the load that led here may be what a silo would have to wait for.
        _ = PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> ClearQuarantineAsync(long version)
    {
        var route = await ChangeRouteAsync(route => RouteChanges.ClearQuarantine(route, version));
        await PushAsync(route);
        return route;
    }

    public async Task<TrafficReading> GetTrafficAsync()
    {
        await ReadAsync();
        var traffic = state.Value!.ReadTraffic();
        var counts = traffic.Rollout is { Id: var id } ? new RolloutCounts(id, await ledger.SumAsync(id)) : RolloutCounts.None;
        return new TrafficReading(traffic, counts, state.Value!.Epoch, time.GetUtcNow());
    }

    public async Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author)
    {
        await views.RefreshAsync(CancellationToken.None);
        await ChangeTrafficAsync(traffic => traffic.Rollout?.Id == id
            ? traffic
            : RolloutMachine.Start(traffic, plan, traffic.ActiveRollout is null ? RolloutTerms.Check(views.Current, Model, traffic, plan) : plan.Version, id, author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> CommandRolloutAsync(RolloutOrder order)
    {
        await ReadAsync();
        if (order.Command == RolloutCommand.Promote && state.Value!.ReadTraffic().ActiveRollout is { } rollout && rollout.Phase.Splits())
        {
            await conductor.PrepareAsync(rollout, Share.All);
        }

        await ledger.SaveAsync(now: true);
        await ChangeTrafficAsync(traffic => RolloutMachine.Command(traffic, order.Command, order.Author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author)
    {
        await views.RefreshAsync(CancellationToken.None);
        var target = RolloutTerms.FindServable(views.Current, Model, new ModelVersion(version)).Id.Version;
        await ChangeTrafficAsync(traffic => AliasChanges.Set(traffic, alias, target, author));
        return await GetTrafficAsync();
    }

    public async Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author)
    {
        // Made again after its answer was lost, it finds its own line in the history.
        await ChangeTrafficAsync(traffic => !traffic.Aliases.ContainsKey(alias) && traffic.History.Any(
            entry => entry.At == author.At && entry.Actor == author.Actor && entry.What.StartsWith($"alias '{alias}' was removed", StringComparison.Ordinal))
            ? traffic
            : AliasChanges.Remove(traffic, alias, author));
        return await GetTrafficAsync();
    }

    public async Task ReportCallsAsync(CallReport report)
    {
        await ReadAsync();
        if (state.Value!.ReadTraffic().Rollout is { } rollout)
        {
            await ledger.AddAsync(rollout.Id, report);
            await ledger.SaveAsync(now: false);
        }

        Conduct();
    }

    public async Task PinAsync(long published)
    {
        await views.RefreshAsync(CancellationToken.None);
        if (!views.Current.Models.TryGetValue(Model, out var model) || VersionChoice.NewestBelow(model, null) is not { Id.Version: var serving })
        {
            return;
        }

        await ChangeTrafficAsync(traffic => AliasChanges.Pin(traffic, serving, new ModelVersion(published), time.GetUtcNow()));
        if (await Book.WaitUntilReadAsync(PushPatience) is { Count: > 0 } behind)
        {
            throw KreweException.Unavailable(
                $"version {published} is not published: {string.Join(", ", behind)} would send calls there that belong to version {serving}; try again",
                RepublishInterval);
        }
    }

    public async Task RetireAsync(long version, ChangeAuthor author)
    {
        var route = await ChangeAsync(before => Changed(before, AliasChanges.Retire(before.ReadTraffic(), new ModelVersion(version), author)));
        if (!route.Closed.Contains(version))
        {
            await WaitUntilReadAsync(version);
            route = await ChangeRouteAsync(route => RouteChanges.Close(route, version));
        }

        if (await FindUnconfirmedAsync(route) is { Length: > 0 } silent)
        {
            throw KreweException.Unavailable(
                $"version {version} takes no new calls, and {string.Join(", ", silent)} has not confirmed yet that its last one is answered: try again", RepublishInterval);
        }
    }

    public async Task ForgetAsync(long version, ChangeAuthor author)
    {
        await PushAsync(await ChangeAsync(before => Changed(before, AliasChanges.Forget(before.ReadTraffic(), new ModelVersion(version), author))));
    }

    async Task<ModelTraffic> ITrafficChanges.ChangeAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        await ChangeTrafficAsync(change);
        return state.Value!.ReadTraffic();
    }

    /// <summary>Nobody waits for the silos: they hold what they are told to by the next poll, and the versions are in memory already.</summary>
    private async Task ChangeTrafficAsync(Func<ModelTraffic, ModelTraffic> change)
    {
        var epoch = state.Value?.Epoch;
        var route = await ChangeAsync(before => Changed(before, change(before.ReadTraffic())));
        Conduct();
        if (route.Epoch != epoch)
        {
            _ = PushAsync(route);
        }
    }

    private static ModelState Changed(ModelState before, ModelTraffic after) => ReferenceEquals(before.ReadTraffic(), after) ? before : before.With(after);

    private Task<ModelRoute> ChangeRouteAsync(Func<ModelRoute, ModelRoute> change) => ChangeAsync(before =>
    {
        var known = before.ToRoute(Name);
        var changed = change(known);
        return ReferenceEquals(known, changed) ? before : before.With(changed);
    });

    private async Task<ModelRoute> ChangeAsync(Func<ModelState, ModelState> change)
    {
        var route = (await state.UpdateAsync(change)).ToRoute(Name);
        try
        {
            await PublishAsync(route);
            return route;
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or KreweException)
        {
            PublishLater(RepublishInterval);
            throw KreweException.Unavailable(
                $"what was decided about model '{Name}' is kept, and could not be made known yet; it will be: {exception.Message}",
                RepublishInterval, exception);
        }
    }

    private async Task PublishAsync(ModelRoute route)
    {
        if (route.Epoch > publishedEpoch)
        {
            await Book.PublishAsync(route);
            publishedEpoch = Math.Max(publishedEpoch, route.Epoch);
        }
    }

    private IRouteBookGrain Book => GrainFactory.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key);

    private async Task WaitUntilReadAsync(long version)
    {
        var behind = await Book.WaitUntilReadAsync(PushPatience);
        if (behind.Count > 0)
        {
            throw KreweException.Unavailable(
                $"version {version} is retired, and {string.Join(", ", behind)} may still send calls there: try again", RepublishInterval);
        }
    }

    private Task<IReadOnlyList<SiloAddress>> PushAsync(ModelRoute route) =>
        push.SendAsync(route, views.Current.Nodes.Select(node => node.Address), PushPatience);

    /// <summary>Members that may still answer calls for what a route takes out. One that died meanwhile answers none.</summary>
    private async Task<SiloAddress[]> FindUnconfirmedAsync(ModelRoute route)
    {
        var silent = await push.SendAsync(route, await FindHostsAsync(), PushPatience);
        return silent.Count == 0 ? [] : [.. silent.Intersect(await FindHostsAsync())];
    }

    /// <summary>All members that host models, those too that do not answer just now.</summary>
    private async Task<IEnumerable<SiloAddress>> FindHostsAsync() => reader is null
        ? views.Current.Nodes.Select(node => node.Address)
        : await reader.GetHostsAsync(CancellationToken.None);

    private Task ReadAsync() => state.Value is null ? state.ReadAsync() : Task.CompletedTask;

    private void PublishLater(TimeSpan wait) => republishing ??= this.RegisterGrainTimer(RepublishAsync, new GrainTimerCreationOptions(wait, RepublishInterval));

    private async Task RepublishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await state.ReadAsync();
            await PublishAsync(state.Value!.ToRoute(Name));
            republishing?.Dispose();
            republishing = null;
            Conduct();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or KreweException)
        {
            LogNotPublished(Name, exception.Message);
        }
    }

    /// <summary>Looks once a second while a rollout is under way.</summary>
    private void Conduct()
    {
        if (state.Value?.ReadTraffic().ActiveRollout is not null)
        {
            conducting ??= this.RegisterGrainTimer(LookAsync, new GrainTimerCreationOptions(TimeSpan.Zero, LookInterval));
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await state.ReadAsync();
            if (state.Value!.ReadTraffic().ActiveRollout is null)
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

    [LoggerMessage(EventId = 451, Level = LogLevel.Debug, Message = "The route of model {Model} is not in the book yet: {Reason}")]
    private partial void LogNotPublished(string model, string reason);

    [LoggerMessage(EventId = 454, Level = LogLevel.Information, Message = "The rollout of model {Model} could not be looked at, and will be again: {Reason}")]
    private partial void LogNotConducted(string model, string reason);
}
