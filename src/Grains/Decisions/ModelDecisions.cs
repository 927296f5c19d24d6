using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Storage;
using Krewe.Rollouts.States;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Decisions;

/// <summary>
/// The decisions about one model. A change is stored first, then published to the routing table; a failed publish is retried until it
/// succeeds. Call it from the grain's turns only.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="state">The stored state.</param>
/// <param name="table">The routing table.</param>
/// <param name="grain">The grain, whose timer retries the publish.</param>
/// <param name="logger">The logger.</param>
internal sealed partial class ModelDecisions(
    string model, DurableState<ModelState> state, IRoutingTableGrain table, IGrainBase grain, ILogger logger)
{
    private static readonly TimeSpan RepublishInterval = TimeSpan.FromSeconds(2);
    private IGrainTimer? republishing;
    private long publishedEpoch;

    /// <summary>The state as last read; null before the first read.</summary>
    public ModelState? Known => state.Value;

    /// <summary>The traffic; read the state first.</summary>
    public ModelTraffic Traffic => state.Value!.ReadTraffic();

    /// <summary>The route; read the state first.</summary>
    public ModelRoute Route => state.Value!.ToRoute(model);

    /// <summary>Reads the state if it is unknown, or if the outcome of the last write is.</summary>
    public Task ReadAsync() => state.ReadAsync();

    /// <summary>Changes everything but the traffic. A change that returns its argument writes nothing.</summary>
    public Task<ModelRoute> ChangeAsync(Func<ModelRoute, ModelRoute> change) => ChangeStateAsync(before =>
    {
        var known = before.ToRoute(model);
        var changed = change(known);
        return ReferenceEquals(known, changed) ? before : before.With(changed);
    });

    /// <summary>Changes the traffic. A change that returns its argument writes nothing.</summary>
    public Task<ModelRoute> ChangeAsync(Func<ModelTraffic, ModelTraffic> change) => ChangeStateAsync(before =>
    {
        var changed = change(before.ReadTraffic());
        return ReferenceEquals(before.ReadTraffic(), changed) ? before : before.With(changed);
    });

    /// <summary>
    /// Publishes the stored route until that succeeds: an earlier process may have ended between the write and the publish.
    /// </summary>
    /// <param name="published">Called after the publish.</param>
    /// <param name="wait">The delay before the first attempt.</param>
    public void PublishLater(Action published, TimeSpan wait) => republishing ??= grain.RegisterGrainTimer(
        _ => RepublishAsync(published), new GrainTimerCreationOptions(wait, RepublishInterval));

    private async Task<ModelRoute> ChangeStateAsync(Func<ModelState, ModelState> change)
    {
        var route = (await state.UpdateAsync(change)).ToRoute(model);
        try
        {
            await PublishAsync(route);
            return route;
        }
        catch (Exception exception) when (exception is KreweException || LostCall.Is(exception))
        {
            PublishLater(static () => { }, RepublishInterval);
            throw KreweException.Unavailable(
                $"the change to model '{model}' is stored but not yet published; publishing is retried: {exception.Message}",
                RepublishInterval, exception);
        }
    }

    private async Task PublishAsync(ModelRoute route)
    {
        if (route.Epoch > publishedEpoch)
        {
            await table.PublishAsync(route);
            publishedEpoch = Math.Max(publishedEpoch, route.Epoch);
        }
    }

    private async Task RepublishAsync(Action published)
    {
        try
        {
            await state.ReadAsync();
            await PublishAsync(Route);
            republishing?.Dispose();
            republishing = null;
            published();
        }
        catch (Exception exception) when (exception is KreweException || LostCall.Is(exception))
        {
            LogNotPublished(model, exception.Message);
        }
    }

    [LoggerMessage(
        EventId = 451, Level = LogLevel.Debug, Message = "Failed to publish the route of model {Model}; retrying: {Reason}")]
    private partial void LogNotPublished(string model, string reason);
}
