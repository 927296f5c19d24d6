using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces.Tests;

/// <summary>The route of a model, and its versions' control, without a cluster.</summary>
internal sealed class FakeModel(ModelName name) : IModelGrain
{
    private readonly ConcurrentDictionary<long, FakeVersion> versions = new();

    public ModelRoute Route { get; set; } = new() { Model = name.Value };

    /// <summary>Failures of the next calls, one each.</summary>
    public Queue<Exception> Failures { get; } = new();

    public FakeVersion OfVersion(long number) => versions.GetOrAdd(number, static _ => new FakeVersion());

    public Task<ModelRoute> GetRouteAsync() => Task.FromResult(Route);

    public Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded) => Change(Route with
    {
        Unloaded = unloaded ? Route.Unloaded.Union(versions).ToImmutableArray() : [.. Route.Unloaded.Except(versions)],
    });

    public Task<ModelRoute> QuarantineAsync(long version, string reason) =>
        Change(Route with { Quarantined = Route.Quarantined.SetItem(version, reason) });

    public Task<ModelRoute> ClearQuarantineAsync(long version) =>
        Change(Route with { Quarantined = Route.Quarantined.Remove(version) });

    private Task<ModelRoute> Change(ModelRoute route)
    {
        if (Failures.TryDequeue(out var failure))
        {
            return Task.FromException<ModelRoute>(failure);
        }

        Route = route with { Epoch = Route.Epoch + 1 };
        return Task.FromResult(Route);
    }
}
