using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>The path of an inference through this process: which version, whether there is room for it, and who answers.</summary>
internal sealed partial class InferenceRouter(
    IClusterViewSource views, FirstLook firstLook, TrafficBook book, CallAdmission admission, ReplicaCalls calls, RoutingCounters counters,
    ClusterCallOptions options, TimeProvider time, ILogger<InferenceRouter> logger)
{
    /// <inheritdoc cref="IModelHost.InferAsync"/>
    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var deadline = new CallDeadline(request.Timeout, time, cancellationToken);
        var (version, bytes) = (default(CatalogVersion), CheckSize(request));
        try
        {
            var view = views.Current;
            view = view.Nodes.IsEmpty ? await firstLook.WaitAsync(deadline.Token) : view;
            version = VersionChoice.Resolve(view, request.Model);
            var result = await CallAsync(view, version, request, bytes, deadline);
            if (result is { VersionFailed: true } && request.Model.Version.IsRouted)
            {
                result = await CallOlderAsync(version, result, request, bytes, deadline);
            }

            return result.Response ?? throw result.Error!;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw ReplicaCalls.TooLate(version?.Id.ToString() ?? request.Model.ToString(), request.Timeout);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private long CheckSize(InferenceRequest request) => MessageSize.Of(request) is var bytes && bytes <= options.MaxMessageBytes
        ? bytes
        : throw KreweException.PayloadTooLarge(
            $"the request has {bytes} bytes as it travels to a silo, expected at most {options.MaxMessageBytes}");

    /// <summary>A broken new version does not take the model down: the next older one that can serve answers.</summary>
    private async ValueTask<CallResult> CallOlderAsync(
        CatalogVersion newest, CallResult failure, InferenceRequest request, long bytes, CallDeadline deadline)
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
            result = await CallAsync(view, other, request, bytes, deadline);
        }

        return result;
    }

    private async ValueTask<CallResult> CallAsync(
        ClusterView view, CatalogVersion version, InferenceRequest request, long bytes, CallDeadline deadline)
    {
        if ((VersionChoice.FindExclusion(version) ?? DeviceCheck.FindObstacle(view, version)) is { } refusal)
        {
            return CallResult.Failed(refusal, versionFailed: true);
        }

        var traffic = book.Of(version.Id);
        var isTry = version.Entry.Error.Length > 0;
        if (isTry && !traffic.MayTryDespiteError())
        {
            return CallResult.Failed(VersionChoice.NotAvailable(version.Id, version.Entry.Error, TimeSpan.FromSeconds(1)), versionFailed: true);
        }

        if (traffic.Breaker is { } breaker && !breaker.TryEnter(out var retryAfter))
        {
            counters.AddBreakerRefusal();
            return CallResult.Failed(
                KreweException.Unavailable($"model '{version.Id}' keeps failing and is left alone for a moment: {breaker.Reason}", retryAfter), versionFailed: true);
        }

        try
        {
            admission.Enter(traffic, bytes);
        }
        catch
        {
            traffic.Breaker?.Ended();
            throw;
        }

        return await CallAdmittedAsync(traffic, version, request, bytes, deadline, isTry ? 1 : options.MaxAttempts);
    }

    private async ValueTask<CallResult> CallAdmittedAsync(
        VersionTraffic traffic, CatalogVersion version, InferenceRequest request, long bytes, CallDeadline deadline, int mostAttempts)
    {
        try
        {
            var result = await calls.CallAsync(traffic, version.Entry.Replicas.Min, request, deadline, mostAttempts);
            Record(traffic, result.Error);
            return result;
        }
        catch (Exception error)
        {
            Record(traffic, error);
            throw;
        }
        finally
        {
            admission.Leave(traffic, bytes);
        }
    }

    /// <summary>What counts for the circuit is how a call ended, whatever had to be made again for it.</summary>
    private void Record(VersionTraffic traffic, Exception? error)
    {
        if (error is null or KreweException { Code: KreweErrorCode.InvalidInput })
        {
            if (traffic.Breaker is { } breaker && breaker.Succeeded())
            {
                LogClosed(traffic.Id);
            }
        }
        else if (error is not KreweException { Code: KreweErrorCode.Internal or KreweErrorCode.Unavailable })
        {
            traffic.Breaker?.Ended();
        }
        else if (traffic.NeedBreaker().Failed(error.Message))
        {
            LogOpened(traffic.Id, error.Message);
        }
    }
}
