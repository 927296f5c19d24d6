using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Traffic;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>
/// Routes an inference: resolves the version from the snapshot and calls it, again after a refresh if the snapshot was stale.
/// </summary>
internal sealed partial class InferenceRouter(
    IClusterSnapshotSource views, FirstSnapshot firstLook, VersionInvoker calls, RolloutRouter routed, TimeProvider time,
    ILogger<InferenceRouter> logger)
{
    /// <inheritdoc cref="IModelHost.InferAsync"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var deadline = new CallDeadline(request.Timeout, time, cancellationToken);
        try
        {
            var isNamed = request.Model.Version.Number is not null;
            var isLate = views.Current.Nodes.IsEmpty || (!isNamed && views.AreRoutesOld);
            var view = isLate ? await LookAsync(deadline.Token) : views.Current;
            for (var mayLookAgain = !isNamed; ; mayLookAgain = false)
            {
                var model = VersionChoice.FindModel(view, request.Model.Name);
                RouteTarget? target = model.Traffic is { } route
                    ? routed.Choose(route, request) ?? throw VersionChecks.UnknownAlias(request.Model, route)
                    : null;
                CallResult result;
                if (target is { Version: not null } named)
                {
                    result = await RouteAsync(named, request, deadline, isLate);
                }
                else
                {
                    var version = target is null ? VersionChoice.Resolve(model, request.Model) : VersionChoice.Newest(model);
                    result = await calls.CallAsync(view, version, request, deadline);
                    if (result.VersionFailed && !(result.IsStale && mayLookAgain)
                        && request.Model.Version is { IsRouted: true } or { Alias: ModelTraffic.Prod })
                    {
                        result = await CallOlderAsync(version, result, request, deadline);
                    }
                }

                if (!(result.IsStale && mayLookAgain))
                {
                    return result.Response ?? throw result.Error!;
                }

                // The version is excluded: the next snapshot names the one that answers instead.
                await views.RefreshAsync(deadline.Token);
                (view, isLate) = (views.Current, true);
            }
        }
        catch (OperationCanceledException) when (deadline.Explain(request.Model.ToString()) is { } reason)
        {
            throw reason;
        }
    }

    private async ValueTask<ClusterSnapshot> LookAsync(CancellationToken cancellationToken)
    {
        if (views.Current.Nodes.IsEmpty)
        {
            return await firstLook.WaitAsync(cancellationToken);
        }

        // If the routes cannot be read now, no change can have been made recently: the last known ones are good enough.
        await views.RefreshAsync(cancellationToken);
        return views.Current;
    }

    /// <summary>Calls by the route of the model.</summary>
    private async ValueTask<CallResult> RouteAsync(RouteTarget target, InferenceRequest request, CallDeadline deadline, bool isLate)
    {
        // Refreshing the snapshot counts against the caller's timeout.
        using var rest = isLate ? request.Forward(request.Model, deadline.Left) : null;
        try
        {
            return CallResult.Of(await routed.InferAsync(target, rest ?? request, deadline.Caller));
        }
        catch (KreweException error) when (error.InnerException is StaleSnapshotException)
        {
            return CallResult.Failed(error, isPictureOld: true);
        }
    }

    /// <summary>Falls back to the next older version that can serve, so that a broken new version does not take the model down.</summary>
    private async ValueTask<CallResult> CallOlderAsync(
        CatalogVersion newest, CallResult failure, InferenceRequest request, CallDeadline deadline)
    {
        var other = newest;
        var result = failure;
        while (result.VersionFailed)
        {
            var view = views.Current;
            other = view.Models.TryGetValue(newest.Id.Name, out var model) ? VersionChoice.NewestBelow(model, other.Id.Version) : null;
            if (other is null)
            {
                return failure;
            }

            LogTookOther(newest.Id, other.Id, failure.Error!.Message);
            result = await calls.CallAsync(view, other, request, deadline);
        }

        return result;
    }

    [LoggerMessage(EventId = 474, Level = LogLevel.Debug, Message = "Model {Model} cannot serve; falling back to {Other}: {Reason}")]
    private partial void LogTookOther(ModelId model, ModelId other, string reason);
}
