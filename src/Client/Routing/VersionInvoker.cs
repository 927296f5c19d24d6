using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Admission;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Rollouts.Traffic;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>Runs an inference on one version: checks exclusions, circuit breaker and admission, and calls a replica.</summary>
internal sealed partial class VersionInvoker(
    IClusterSnapshotSource views, TrafficBook book, CallAdmission admission, ReplicaCalls calls, RoutingCounters counters,
    ClusterCallOptions options,
    TimeProvider time, ILogger<VersionInvoker> logger) : IVersionCaller
{
    /// <inheritdoc/>
    public async ValueTask<InferenceResponse> CallAsync(InferenceRequest request, ModelVersion version, CancellationToken cancellationToken)
    {
        var view = views.Current;
        var model = VersionChoice.FindModel(view, request.Model.Name);
        var found = VersionChoice.Find(model, version) ?? throw NotThere(model, request.Model, version);
        using var deadline = new CallDeadline(request.Timeout, time, cancellationToken);
        var result = request.IsBackground
            ? await CallInBackgroundAsync(view, found, request, deadline)
            : request.Beside is { } beside ? await CallBesideAsync(view, model, beside, request, deadline)
            : await CallAsync(view, found, request, deadline);
        return result.Response ?? throw (result.IsStale
            ? new KreweException(
                result.Error!.Code, result.Error.Message, new StaleSnapshotException()) { RetryAfter = result.Error.RetryAfter }
            : result.Error!);
    }

    /// <summary>The same with the version already resolved.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallResult> CallAsync(
        ClusterSnapshot view, CatalogVersion version, InferenceRequest request, CallDeadline deadline)
    {
        if ((VersionChoice.FindExclusion(version) ?? DeviceCheck.FindObstacle(view, version)) is { } refusal)
        {
            return CallResult.Failed(refusal, versionFailed: true);
        }

        var (traffic, bytes) = (book.Of(version.Id), MessageSize.Of(request));
        var isTry = version.Entry.Error.Length > 0;
        if (Enter(traffic, version.Entry.Error, bytes) is { } failure)
        {
            return CallResult.Failed(failure, versionFailed: true);
        }

        try
        {
            var result = await calls.CallAsync(
                traffic, version.Entry.Replicas.Min, request, bytes, deadline, isTry ? 1 : options.MaxAttempts);
            Record(traffic, result.Error);
            return result;
        }
        catch (Exception error)
        {
            Record(traffic, error);
            if (error is OperationCanceledException && deadline.Explain(version.Id.ToString()) is { } reason)
            {
                throw reason;
            }

            throw;
        }
        finally
        {
            admission.Leave(traffic, bytes);
        }
    }

    /// <summary>A shadow copy: it takes no admission from real calls, is not retried, and does not count for the circuit breaker.</summary>
    private async ValueTask<CallResult> CallInBackgroundAsync(
        ClusterSnapshot view, CatalogVersion version, InferenceRequest request, CallDeadline deadline)
    {
        if ((VersionChoice.FindExclusion(version) ?? DeviceCheck.FindObstacle(view, version)) is { } refusal)
        {
            return CallResult.Failed(refusal);
        }

        var traffic = book.Of(version.Id);
        if (version.Entry.Error.Length > 0 || traffic.Breaker is { IsOpen: true })
        {
            return CallResult.Failed(
                VersionChoice.NotAvailable(version.Id, version.Entry.Error.Length > 0 ? version.Entry.Error : "it keeps failing"));
        }

        try
        {
            return await calls.CallOnceAsync(traffic, version.Entry.Replicas.Min, request, MessageSize.Of(request), deadline);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            return CallResult.Failed(deadline.TooLate(version.Id.ToString()));
        }
    }

    /// <summary>
    /// A control call: routed to a replica of the new version, like that version's calls, and answered by the old version on its silo. One
    /// attempt; it does not count for the circuit breaker.
    /// </summary>
    private async ValueTask<CallResult> CallBesideAsync(
        ClusterSnapshot view, CatalogModel model, ModelVersion beside, InferenceRequest request, CallDeadline deadline)
    {
        var host = VersionChoice.Find(model, beside) ?? throw NotThere(model, request.Model, beside);
        if ((VersionChoice.FindExclusion(host) ?? DeviceCheck.FindObstacle(view, host)) is { } refusal)
        {
            return CallResult.Failed(refusal);
        }

        var (traffic, bytes) = (book.Of(host.Id), MessageSize.Of(request));
        admission.Enter(traffic, bytes);
        try
        {
            return await calls.CallOnceAsync(traffic, host.Entry.Replicas.Min, request, bytes, deadline);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            return CallResult.Failed(deadline.TooLate(host.Id.ToString()));
        }
        finally
        {
            admission.Leave(traffic, bytes);
        }
    }

    /// <summary>Admits a call, which must then be recorded and leave; returns an error that counts as a failure of the version.</summary>
    private KreweException? Enter(VersionTraffic traffic, string failing, long bytes)
    {
        if (failing.Length > 0 && !traffic.MayTryDespiteError())
        {
            return VersionChoice.NotAvailable(traffic.Id, failing, TimeSpan.FromSeconds(1));
        }

        if (traffic.Breaker is { } breaker && !breaker.TryEnter(out var retryAfter))
        {
            counters.AddBreakerRefusal();
            return KreweException.Unavailable(
                $"model '{traffic.Id}' keeps failing and its circuit breaker is open: {VersionChoice.ReasonOf(traffic.Id, breaker.Reason)}",
                retryAfter);
        }

        try
        {
            admission.Enter(traffic, bytes);
            return null;
        }
        catch
        {
            traffic.Breaker?.Ended();
            throw;
        }
    }

    /// <summary>Records the call's final result in the circuit breaker; retries do not count.</summary>
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

    private static KreweException NotThere(CatalogModel model, ModelReference reference, ModelVersion version) =>
        reference.Version.Number == version
        ? UnknownModel.Error(reference)
        : VersionChoice.Gone(model, reference, version);

    [LoggerMessage(
        EventId = 475, Level = LogLevel.Warning, Message = "Model {Model} keeps failing; its circuit breaker is open: {Reason}")]
    private partial void LogOpened(ModelId model, string reason);

    [LoggerMessage(EventId = 476, Level = LogLevel.Information, Message = "Model {Model} answers again; its circuit breaker is closed")]
    private partial void LogClosed(ModelId model);
}
