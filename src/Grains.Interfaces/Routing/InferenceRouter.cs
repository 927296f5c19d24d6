using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>The path of an inference through this process: by which picture, and which version answers.</summary>
internal sealed partial class InferenceRouter(
    IClusterViewSource views, FirstLook firstLook, VersionCalls calls, RoutedCalls routed, TimeProvider time, ILogger<InferenceRouter> logger)
{
    /// <inheritdoc cref="IModelHost.InferAsync"/>
    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var deadline = new CallDeadline(request.Timeout, time, cancellationToken);
        try
        {
            var isNamed = request.Model.Version.Number is not null;
            var isLate = views.Current.Nodes.IsEmpty || (!isNamed && views.AreRoutesOld);
            var view = isLate ? await LookAsync(deadline.Token) : views.Current;
            var result = await CallAsync(view, request, deadline, isLate, mayLookAgain: !isNamed);
            if (result.IsPictureOld && !isNamed)
            {
                // Its version was taken out: what answers instead is in the next picture.
                await views.RefreshAsync(deadline.Token);
                result = await CallAsync(views.Current, request, deadline, isLate: true, mayLookAgain: false);
            }

            return result.Response ?? throw result.Error!;
        }
        catch (OperationCanceledException) when (deadline.Explain(request.Model.ToString()) is { } reason)
        {
            throw reason;
        }
    }

    private async ValueTask<ClusterView> LookAsync(CancellationToken cancellationToken)
    {
        if (views.Current.Nodes.IsEmpty)
        {
            return await firstLook.WaitAsync(cancellationToken);
        }

        // Where the routes cannot be read now either, nobody can have changed them for long: what is known is the best there is.
        await views.RefreshAsync(cancellationToken);
        return views.Current;
    }

    private ValueTask<CallResult> CallAsync(
        ClusterView view, InferenceRequest request, CallDeadline deadline, bool isLate, bool mayLookAgain)
    {
        var model = VersionChoice.FindModel(view, request.Model.Name);
        return model.Traffic is { } route
            ? RouteAsync(view, model, route, request, deadline, isLate, mayLookAgain)
            : CallResolvedAsync(view, VersionChoice.Resolve(model, request.Model), request, deadline, mayLookAgain);
    }

    /// <summary>By what was decided about the model's traffic.</summary>
    private async ValueTask<CallResult> RouteAsync(
        ClusterView view, CatalogModel model, TrafficRoute route, InferenceRequest request, CallDeadline deadline, bool isLate, bool mayLookAgain)
    {
        var target = routed.Choose(route, request) ?? throw VersionChecks.UnknownAlias(request.Model, route);
        if (target.Version is null)
        {
            return await CallResolvedAsync(view, VersionChoice.Newest(model), request, deadline, mayLookAgain);
        }

        // The time that looking has taken is the caller's.
        using var rest = isLate ? request.Forward(request.Model, deadline.Left) : null;
        try
        {
            return CallResult.Of(await routed.InferAsync(target, rest ?? request, deadline.Caller));
        }
        catch (KreweException error) when (error.InnerException is OldPictureException)
        {
            return CallResult.Failed(error, isPictureOld: true);
        }
    }

    private async ValueTask<CallResult> CallResolvedAsync(
        ClusterView view, CatalogVersion version, InferenceRequest request, CallDeadline deadline, bool mayLookAgain)
    {
        var result = await calls.CallAsync(view, version, request, deadline);
        var followsProd = request.Model.Version is { IsRouted: true } or { Alias: ModelTraffic.Prod };
        return result.VersionFailed && followsProd && !(result.IsPictureOld && mayLookAgain)
            ? await CallOlderAsync(version, result, request, deadline)
            : result;
    }

    /// <summary>A broken new version does not take the model down: the next older one that can serve answers.</summary>
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
}
