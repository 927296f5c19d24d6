using System.Collections.Immutable;
using System.Text;
using Krewe.Client.Monitoring;
using Krewe.Grains.Decisions;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Grains.Models;

/// <summary>
/// An index of all models' routes. Only the names of models with a route are stored, in a few rows chosen by hash; a name is written on the
/// first decision about its model. Routes are read from the models' own rows at the first request, and published by the models from then
/// on. The table's sequence is the sum of the epochs, which only grow.
/// </summary>
// Stored rows are found by this name, which is older than the class's.
[GrainType("krewe.route-book")]
internal sealed partial class RoutingTableGrain : Grain, IRoutingTableGrain
{
    private const int NameRows = 16;
    private const int RowsAtOnce = 32;

    /// <summary>
    /// When to read the rows again: two activations may coexist briefly after a failure, and the other one may have written.
    /// </summary>
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(5);
    private readonly IGrainStorage storage;
    private readonly RouteSubscribers subscribers;
    private readonly ISiloList? silos;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Dictionary<string, long> epochs = [];
    private DurableState<RoutedModels>[] names;
    private IGrainTimer? readingAgain;
    private Task reading = Task.CompletedTask;
    private RoutingTable? table;

    public RoutingTableGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, TimeProvider time, ILogger<RoutingTableGrain> logger,
        ISiloList? silos = null,
        NodeOptions? options = null)
    {
        (this.storage, this.silos, this.time, this.logger) = (storage, silos, time, logger);
        (names, subscribers) = (NewNames(), new RouteSubscribers(time, options is not { IsAlone: true }));
    }

    public async Task PublishAsync(ModelRoute route)
    {
        await EnsureReadAsync();

        // Epoch 0 means no decision; a negative epoch means decisions that cannot be read.
        if (epochs.GetValueOrDefault(route.Model, route.Epoch < 0 ? long.MinValue : 0) >= route.Epoch)
        {
            return;
        }

        if (!epochs.ContainsKey(route.Model))
        {
            await names[RoutedModels.RowOf(route.Model, NameRows)].UpdateAsync(row => row.With(route.Model));
        }

        Take(route);
    }

    public Task<RoutingTable?> ReadAsync(long knownSequence, RouteSubscriber reader)
    {
        subscribers.RecordRead(reader);
        return ReadAsync(knownSequence);
    }

    public async Task<RoutingTable?> ReadAsync(long knownSequence)
    {
        await EnsureReadAsync();
        return table!.Sequence == knownSequence ? null : table;
    }

    public async Task<IReadOnlyList<string>> WaitUntilReadAsync(TimeSpan timeout)
    {
        await EnsureReadAsync();
        var (sequence, start) = (table!.Sequence, time.GetTimestamp());
        while (true)
        {
            // Subscribers poll twice a second, which is also how often a lost one is noticed.
            var next = subscribers.NextRead;
            var behind = subscribers.FindBehind(sequence, await ReadMembersAsync());
            var left = timeout - time.GetElapsedTime(start);
            if (behind.Count == 0 || left <= TimeSpan.Zero)
            {
                return behind;
            }

            await next.WaitAsync(left, time).ConfigureAwait(
                ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<HashSet<string>> ReadMembersAsync() => silos is null
        ? []
        : [.. (await silos.GetActiveAsync(CancellationToken.None)).Select(silo => silo.ToParsableString())];

    private Task EnsureReadAsync() => table is not null ? Task.CompletedTask : reading.IsCompleted ? reading = ReadRowsAsync() : reading;

    private async Task ReadRowsAsync()
    {
        // Former versions kept the whole table in one row. It is read, never written.
        var former = new DurableState<RoutingTableState>(storage, "routes", this.GetGrainId());
        await Task.WhenAll(names.Select(row => row.ReadAsync()).Append(former.ReadAsync()));
        var routes = new List<ModelRoute>();
        foreach (var models in names.SelectMany(row => row.Value!.Models).Union(former.Value!.Routes.Keys).Chunk(RowsAtOnce))
        {
            routes.AddRange(await Task.WhenAll(models.Select(ReadRouteAsync)));
        }

        table ??= new RoutingTable(former.Value.Sequence, ImmutableDictionary<string, ModelRoute>.Empty);
        routes.ForEach(Take);
        readingAgain ??= this.RegisterGrainTimer(ReadAgainAsync, new GrainTimerCreationOptions(ReadAgainAfter, ReadAgainAfter));
    }

    private async Task<ModelRoute> ReadRouteAsync(string model)
    {
        var row = new DurableState<ModelState>(storage, ModelState.StorageName, GrainFactory.GetGrain<IModelGrain>(model).GetGrainId());
        await row.ReadAsync();
        return row.Value!.ToRoute(model);
    }

    private async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        try
        {
            names = NewNames();
            await ReadRowsAsync();
            readingAgain?.Dispose();
        }
        catch (Abstractions.Errors.KreweException exception)
        {
            LogNotRead(exception.Message);
        }
    }

    private void Take(ModelRoute route)
    {
        var known = epochs.GetValueOrDefault(route.Model, long.MinValue);
        if (known >= route.Epoch)
        {
            return;
        }

        epochs[route.Model] = route.Epoch;
        var news = new RouteNews(table!.Sequence, table.Sequence + Math.Max(1, route.Epoch - Math.Max(0, known)), route);
        table = table.With(news);
        subscribers.Push(news);
    }

    private DurableState<RoutedModels>[] NewNames() =>
        [.. Enumerable.Range(0, NameRows).Select(
            row => new DurableState<RoutedModels>(storage, $"routed-models-{row}", this.GetGrainId()))];

    [LoggerMessage(EventId = 452, Level = LogLevel.Debug, Message = "Failed to read the rows of the routing table again; retrying: {Reason}")]
    private partial void LogNotRead(string reason);
}

/// <summary>The former stored form of the routing table: one row with every route. Read for the models' names only, never written.</summary>
[GenerateSerializer, Immutable, Alias("krewe.route-book-state")]
internal sealed class RoutingTableState
{
    /// <summary>The last sequence that subscribers knew; later ones are above it.</summary>
    [Id(0), JsonPropertyName("sequence")]
    public long Sequence { get; init; }

    /// <summary>By model; only models with a decision.</summary>
    [Id(1), JsonPropertyName("routes")]
    public Dictionary<string, ModelState> Routes { get; init; } = [];
}

/// <summary>Names of models with a decision: one row of <see cref="RoutingTableGrain"/>. Immutable after it is read.</summary>
[GenerateSerializer, Immutable, Alias("krewe.routed-models")]
internal sealed class RoutedModels
{
    /// <summary>The models, in the order of their first decisions.</summary>
    [Id(0), JsonPropertyName("models")]
    public List<string> Models { get; init; } = [];

    /// <summary>The row of a model, by FNV-1a. Stored data depends on it: it must never change.</summary>
    public static int RowOf(string model, int rows) =>
        (int)(Encoding.UTF8.GetBytes(model).Aggregate(2166136261u, static (hash, one) => unchecked((hash ^ one) * 16777619u)) % (uint)rows);

    public RoutedModels With(string model) => Models.Contains(model) ? this : new() { Models = [.. Models, model] };
}
