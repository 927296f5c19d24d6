using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
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
internal sealed partial class ModelGrain : Grain, IModelGrain
{
    /// <summary>A little less than callers wait for an answer; a drain that takes longer goes on without them.</summary>
    private static readonly TimeSpan PushPatience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan RepublishInterval = TimeSpan.FromSeconds(2);
    private readonly DurableState<ModelState> state;
    private readonly RoutePush push;
    private readonly IClusterViewSource views;
    private readonly ILogger logger;
    private IGrainTimer? republishing;
    private long publishedEpoch;

    public ModelGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, IClusterViewSource views, TimeProvider time, ILogger<ModelGrain> logger)
    {
        (this.views, this.logger) = (views, logger);
        state = new DurableState<ModelState>(storage, "route", this.GetGrainId());
        push = new RoutePush(silo => GrainFactory.GetGrain<INodeGrain>(silo.ToParsableString()), time, logger);
    }

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // The process may have ended between the write here and the one in the book.
        PublishLater(TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        republishing?.Dispose();
        return Task.CompletedTask;
    }

    public async Task<ModelRoute> GetRouteAsync()
    {
        await ReadAsync();
        return state.Value!.ToRoute(Name);
    }

    public async Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded)
    {
        var route = await ChangeAsync(route => RouteChanges.SetUnloaded(route, versions, unloaded));
        await PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> QuarantineAsync(long version, string reason)
    {
        var route = await ChangeAsync(route => RouteChanges.Quarantine(route, version, reason));

        // Nobody waits for the silos: the load that led here may be what a silo would have to wait for.
        _ = PushAsync(route);
        return route;
    }

    public async Task<ModelRoute> ClearQuarantineAsync(long version)
    {
        var route = await ChangeAsync(route => RouteChanges.ClearQuarantine(route, version));
        await PushAsync(route);
        return route;
    }

    private async Task<ModelRoute> ChangeAsync(Func<ModelRoute, ModelRoute> change)
    {
        var saved = await state.UpdateAsync(before =>
        {
            var known = before.ToRoute(Name);
            var changed = change(known);
            return ReferenceEquals(known, changed) ? before : ModelState.Of(changed);
        });
        var route = saved.ToRoute(Name);
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
            await GrainFactory.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key).PublishAsync(route);
            publishedEpoch = Math.Max(publishedEpoch, route.Epoch);
        }
    }

    private Task PushAsync(ModelRoute route) => push.SendAsync(route, views.Current.Nodes.Select(node => node.Address), PushPatience);

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
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or KreweException)
        {
            LogNotPublished(Name, exception.Message);
        }
    }

    [LoggerMessage(EventId = 451, Level = LogLevel.Debug, Message = "The route of model {Model} is not in the book yet: {Reason}")]
    private partial void LogNotPublished(string model, string reason);
}
