using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Client.Tests.Routing.Fakes;

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

    public Task<ModelRoute> RefuseAsync(long version, string inputs) => throw new NotSupportedException();

    public Task<ModelRoute> ClearQuarantineAsync(long version) =>
        Change(Route with { Quarantined = Route.Quarantined.Remove(version) });

    /// <summary>What was decided about its traffic.</summary>
    public ModelTraffic Traffic { get; set; } = ModelTraffic.None;

    public ConcurrentQueue<CallReport> Reports { get; } = new();

    public Task<TrafficReading> GetTrafficAsync() => Task.FromResult(Reading);

    public Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author) =>
        Move(RolloutMachine.Start(Traffic, plan, VersionChecks.ChooseFrom(Traffic, plan.Version, [new ModelVersion(1)]), id, author));

    public Task<TrafficReading> CommandRolloutAsync(RolloutOrder order) => Move(RolloutMachine.Command(Traffic, order.Command, order.Author));

    public Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author) =>
        Move(AliasChanges.Set(Traffic, alias, new ModelVersion(version), author));

    public Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author) => Move(AliasChanges.Remove(Traffic, alias, author));

    public Task ReportCallsAsync(CallReport report)
    {
        if (Failures.TryDequeue(out var failure))
        {
            return Task.FromException(failure);
        }

        Reports.Enqueue(report);
        return Task.CompletedTask;
    }

    public Task WaitUntilAppliedAsync() => Task.CompletedTask;

    public Task PinAsync(long published) => throw new NotSupportedException();

    public Task RetireAsync(long version, ChangeAuthor author) => throw new NotSupportedException();

    public Task ForgetAsync(long version, ChangeAuthor author) => throw new NotSupportedException();

    public Task RestoreAsync(long version, ChangeAuthor author) => throw new NotSupportedException();

    private TrafficReading Reading => new(Traffic, RolloutCounts.None, Route.Epoch, DateTimeOffset.UnixEpoch);

    private Task<TrafficReading> Move(ModelTraffic traffic)
    {
        if (Failures.TryDequeue(out var failure))
        {
            return Task.FromException<TrafficReading>(failure);
        }

        (Traffic, Route) = (traffic, Route with { Epoch = Route.Epoch + 1, Traffic = TrafficRoute.Of(traffic) });
        return Task.FromResult(Reading);
    }

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
