using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Storage;
using Krewe.Rollouts.States;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Decisions;

/// <summary>
/// What was decided about one model: a change is first durable, then in the route book. What did not get there is published again until
/// it does. To be used from the grain's own turns only.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="state">Where it is kept.</param>
/// <param name="book">The route book.</param>
/// <param name="grain">The grain, whose timer publishes again.</param>
/// <param name="logger">For operators.</param>
internal sealed partial class ModelDecisions(
    string model, DurableState<ModelState> state, IRouteBookGrain book, IGrainBase grain, ILogger logger)
{
    private static readonly TimeSpan RepublishInterval = TimeSpan.FromSeconds(2);
    private IGrainTimer? republishing;
    private long publishedEpoch;

    /// <summary>The state as last read; null before the first time.</summary>
    public ModelState? Known => state.Value;

    /// <summary>The traffic, once it was read.</summary>
    public ModelTraffic Traffic => state.Value!.ReadTraffic();

    /// <summary>The route, once it was read.</summary>
    public ModelRoute Route => state.Value!.ToRoute(model);

    /// <summary>Reads what is not known, or not certain.</summary>
    public Task ReadAsync() => state.ReadAsync();

    /// <summary>Changes all but the traffic; one that returns what it was given writes nothing.</summary>
    public Task<ModelRoute> ChangeAsync(Func<ModelRoute, ModelRoute> change) => ChangeStateAsync(before =>
    {
        var known = before.ToRoute(model);
        var changed = change(known);
        return ReferenceEquals(known, changed) ? before : before.With(changed);
    });

    /// <summary>Changes the traffic; one that returns what it was given writes nothing.</summary>
    public Task<ModelRoute> ChangeAsync(Func<ModelTraffic, ModelTraffic> change) => ChangeStateAsync(before =>
    {
        var changed = change(before.ReadTraffic());
        return ReferenceEquals(before.ReadTraffic(), changed) ? before : before.With(changed);
    });

    /// <summary>
    /// Publishes what is known, until it has succeeded: a process may have ended between its write and the one in the book.
    /// </summary>
    /// <param name="published">Called then.</param>
    /// <param name="wait">How long to wait with it.</param>
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
                $"what was decided about model '{model}' is kept, and could not be made known yet; it will be: {exception.Message}",
                RepublishInterval, exception);
        }
    }

    private async Task PublishAsync(ModelRoute route)
    {
        if (route.Epoch > publishedEpoch)
        {
            await book.PublishAsync(route);
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

    [LoggerMessage(EventId = 451, Level = LogLevel.Debug, Message = "The route of model {Model} is not in the book yet: {Reason}")]
    private partial void LogNotPublished(string model, string reason);
}
