using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>Keeps the routes of all models. Everybody polls it, so a read costs a comparison, and interleaves with writes.</summary>
[GrainType("krewe.route-book"), Reentrant]
internal sealed partial class RouteBookGrain : Grain, IRouteBookGrain
{
    private readonly DurableState<RouteBookState> state;
    private readonly ILogger logger;

    // What is default again leaves the book; its epoch is remembered here, so that an old message does not bring it back.
    private readonly Dictionary<string, long> epochs = [];
    private RouteBookState? written;
    private RouteBook book = RouteBook.Empty;

    public RouteBookGrain([FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, ILogger<RouteBookGrain> logger)
    {
        this.logger = logger;
        state = new DurableState<RouteBookState>(storage, "routes", this.GetGrainId());
    }

    public async Task PublishAsync(ModelRoute route)
    {
        if (epochs.GetValueOrDefault(route.Model, -1) < route.Epoch)
        {
            await state.UpdateAsync(before => before.With(route));
            epochs[route.Model] = Math.Max(epochs.GetValueOrDefault(route.Model), route.Epoch);
        }
    }

    public async Task<RouteBook?> ReadAsync(long knownSequence)
    {
        if (state.Value is null)
        {
            await state.ReadAsync();
        }
        else if (state.IsUncertain)
        {
            _ = ReadAgainAsync();
        }

        if (!ReferenceEquals(written, state.Value))
        {
            written = state.Value!;
            book = written.ToBook();
        }

        return book.Sequence == knownSequence ? null : book;
    }

    // After a write whose end nobody knows, readers get what was known before until the database tells.
    private async Task ReadAgainAsync()
    {
        try
        {
            await state.ReadAsync();
        }
        catch (KreweException exception)
        {
            LogUncertain(exception.Message);
        }
    }

    [LoggerMessage(EventId = 452, Level = LogLevel.Debug, Message = "The route book cannot be read again yet: {Reason}")]
    private partial void LogUncertain(string reason);
}
