using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.Tests.Traffic;
using Krewe.Rollouts.Traffic;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Rollouts;

/// <summary>A process that serves, with calls that go the way of a route: one that the test sets.</summary>
internal sealed class RoutedServing : IVersionCaller, IAsyncDisposable
{
    private readonly Measured measured = new();
    private readonly ShadowCopies copies;
    private readonly RolloutRouter calls;

    public RoutedServing()
    {
        var metrics = new RouteMetrics(measured);
        copies = new ShadowCopies(new ShadowOptions(), metrics, TimeProvider.System);
        calls = new RolloutRouter(this, Tallies, metrics, copies, TimeProvider.System);
    }

    public static ModelName Model { get; } = ModelName.Parse("m");

    public ServingFixture Serving { get; } = new();

    public RolloutTallies Tallies { get; } = new();

    /// <summary>The rollout by which calls go.</summary>
    public RolloutRoute Route { get; set; } = new("r", 0, new ModelVersion(1), new ModelVersion(2), Share.None, Share.None, ComparisonTolerance.Default);

    public StepCounts Counts => Tallies.Of(Route).Read();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Both versions in memory, and held there or not held any more.</summary>
    public async Task HoldAsync(bool isHeld)
    {
        await Serving.Node.HoldAsync(Model, isHeld ? [Route.From, Route.To] : []);
        foreach (var version in new[] { Route.From, Route.To })
        {
            await Serving.Host.LoadAsync(new ModelReference(Model, VersionSelector.Of(version)), Token);
        }
    }

    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request)
    {
        return await RoutedCalls.InferAsync(calls, this, new TrafficRoute { Rollout = Route }, request, Token);
    }

    public async Task InferAsync(Tensor input)
    {
        using var request = new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [input] };
        (await InferAsync(request)).Dispose();
    }

    async ValueTask<CallResult> IVersionCaller.CallAsync(InferenceCall call)
    {
        try
        {
            return CallResult.Of(await Serving.Node.InferAsync(call));
        }
        catch (KreweException error)
        {
            return CallResult.Failed(error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        copies.Dispose();
        measured.Dispose();
        await Serving.DisposeAsync();
    }
}
