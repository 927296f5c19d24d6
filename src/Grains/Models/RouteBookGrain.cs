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
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private readonly DurableState<RouteBookState> state;
    private readonly RouteReaders readers;
    private readonly ISiloList? silos;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    // What is default again leaves the book; its epoch is remembered here, so that an old message does not bring it back.
    private readonly Dictionary<string, long> epochs = [];
    private RouteBookState? written;
    private RouteBook book = RouteBook.Empty;

    public RouteBookGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, TimeProvider time, ILogger<RouteBookGrain> logger, ISiloList? silos = null,
        NodeOptions? options = null)
    {
        (this.silos, this.time, this.logger) = (silos, time, logger);
        state = new DurableState<RouteBookState>(storage, "routes", this.GetGrainId());
        readers = new RouteReaders(time, options is not { IsAlone: true });
    }

    public async Task PublishAsync(ModelRoute route)
    {
        if (epochs.GetValueOrDefault(route.Model, long.MinValue) < route.Epoch)
        {
            await state.UpdateAsync(before => before.With(route));
            epochs[route.Model] = Math.Max(epochs.GetValueOrDefault(route.Model, long.MinValue), route.Epoch);
        }
    }

    public Task<RouteBook?> ReadAsync(long knownSequence, BookReader reader)
    {
        readers.Hear(reader);
        return ReadAsync(knownSequence);
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
            book = state.Value!.ToBook(written, book);
            written = state.Value;
        }

        return book.Sequence == knownSequence ? null : book;
    }

    public async Task<IReadOnlyList<string>> WaitUntilReadAsync(TimeSpan patience)
    {
        await state.ReadAsync();
        var (sequence, start) = (state.Value!.Sequence, time.GetTimestamp());
        while (true)
        {
            var behind = readers.FindBehind(sequence, await ReadMembersAsync());
            if (behind.Count == 0 || time.GetElapsedTime(start) >= patience)
            {
                return behind;
            }

            await Task.Delay(LookInterval, time);
        }
    }

    private async Task<HashSet<string>> ReadMembersAsync() => silos is null
        ? []
        : [.. (await silos.GetActiveAsync(CancellationToken.None)).Select(silo => silo.ToParsableString())];

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
