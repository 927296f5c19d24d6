using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Client.Admission;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Monitoring;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Rollouts.Traffic;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>Calls one version: exclusions, circuit breaker and admission first, then its replicas.</summary>
internal sealed partial class VersionInvoker(
    IClusterSnapshotSource snapshots, TrafficRegistry traffics, CallAdmission admission, ReplicaCalls calls, RoutingCounters counters,
    ClusterCallOptions options, ILogger<VersionInvoker> logger) : IVersionCaller
{
    /// <inheritdoc/>
    ValueTask<CallResult> IVersionCaller.CallAsync(InferenceCall call) => CallAsync(snapshots.Current, null, call);

    /// <inheritdoc cref="IVersionCaller.CallAsync"/>
    /// <param name="snapshot">The cluster snapshot.</param>
    /// <param name="version">The version, if resolved; null to look it up.</param>
    /// <param name="call">The call.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallResult> CallAsync(ClusterSnapshot snapshot, CatalogVersion? version, InferenceCall call)
    {
        if (version is null && (version = Find(snapshot, call, out var missing)) is null)
        {
            return CallResult.Failed(missing!);
        }

        if ((VersionChoice.FindExclusion(version) ?? DeviceCheck.FindObstacle(snapshot, version)) is { } refusal)
        {
            return CallResult.Failed(refusal, versionFailed: true);
        }

        var (traffic, failing) = (traffics.Of(version.Id), version.Entry.Error);
        call.Bytes = MessageSize.Of(call.Request);
        if (Enter(traffic, failing, call) is { } failure)
        {
            return failure;
        }

        var result = default(CallResult);
        try
        {
            return result = await calls.CallAsync(
                traffic, version.Entry.Replicas.Min, call, call.IsOnce || failing.Length > 0 ? 1 : options.MaxAttempts);
        }
        catch (Exception error) when (error is not OperationCanceledException && LostCall.Is(error))
        {
            return result = CallResult.Failed(FirstSnapshot.NoSilo());
        }
        catch (OutOfMemoryException error)
        {
            return result = CallResult.Failed(KreweException.Unavailable(
                $"there was not enough memory for this request to model '{version.Id}'", TimeSpan.FromSeconds(1), error));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogUnexpected(error, version.Id);
            return result = CallResult.Failed(
                new KreweException(KreweErrorCode.Internal, $"model '{version.Id}' failed unexpectedly", error));
        }
        finally
        {
            Leave(traffic, call, result);
        }
    }

    /// <summary>
    /// The version whose replica is called. A control call goes to a replica of the new version; its silo runs the old one.
    /// </summary>
    private static CatalogVersion? Find(ClusterSnapshot snapshot, InferenceCall call, out KreweException? missing)
    {
        var number = call.Beside ?? call.Version!.Value;
        var (name, reference) = (call.Request.Model.Name, call.Request.Model);
        var model = snapshot.Models.GetValueOrDefault(name);
        var found = model is null ? null : VersionChoice.Find(model, number);
        missing = found is not null ? null
            : model is null ? UnknownModel.Error(name, snapshot.Models.Keys)
            : reference.Version.Number == number ? UnknownModel.Error(reference)
            : VersionChoice.Gone(model, reference, number);
        return found;
    }

    /// <summary>
    /// Admits a call until <see cref="Leave"/>, or returns the refusal. A background copy takes no place from real calls; copies and
    /// control calls do not count for the circuit breaker.
    /// </summary>
    private CallResult? Enter(VersionTraffic traffic, string failing, InferenceCall call)
    {
        if (call.Request.IsBackground)
        {
            return failing.Length > 0 || traffic.Breaker is { IsOpen: true }
                ? CallResult.Failed(VersionChoice.NotAvailable(traffic.Id, failing.Length > 0 ? failing : "it keeps failing"))
                : null;
        }

        var breaker = call.IsOnce ? null : traffic.Breaker;
        if (!call.IsOnce && failing.Length > 0 && !traffic.MayTryDespiteError())
        {
            return CallResult.Failed(VersionChoice.NotAvailable(traffic.Id, failing, TimeSpan.FromSeconds(1)), versionFailed: true);
        }

        if (breaker is not null && !breaker.TryEnter(out var retryAfter))
        {
            counters.AddBreakerRefusal();
            return CallResult.Failed(
                KreweException.Unavailable(
                    $"model '{traffic.Id}' keeps failing and its circuit breaker is open: "
                        + VersionChoice.ReasonOf(traffic.Id, breaker.Reason), retryAfter),
                versionFailed: true);
        }

        if (admission.Enter(traffic, call.Bytes) is { } refusal)
        {
            breaker?.Ended();
            return CallResult.Failed(refusal);
        }

        return null;
    }

    /// <summary>Ends the admission. The circuit breaker counts the final result, not the attempts.</summary>
    private void Leave(VersionTraffic traffic, InferenceCall call, in CallResult result)
    {
        if (!call.Request.IsBackground)
        {
            admission.Leave(traffic, call.Bytes);
        }

        if (call.IsOnce)
        {
            return;
        }

        if (result.Error is { Code: KreweErrorCode.Internal or KreweErrorCode.Unavailable } error)
        {
            if (traffic.NeedBreaker().Failed(error.Message))
            {
                LogOpened(traffic.Id, error.Message);
            }
        }
        else if (traffic.Breaker is { } breaker)
        {
            if (result.Response is null && result.Error is not { Code: KreweErrorCode.InvalidInput })
            {
                breaker.Ended();
            }
            else if (breaker.Succeeded())
            {
                LogClosed(traffic.Id);
            }
        }
    }

    [LoggerMessage(EventId = 484, Level = LogLevel.Error, Message = "Model {Model}: a call failed unexpectedly")]
    private partial void LogUnexpected(Exception error, ModelId model);

    [LoggerMessage(
        EventId = 475, Level = LogLevel.Warning, Message = "Model {Model} keeps failing; its circuit breaker is open: {Reason}")]
    private partial void LogOpened(ModelId model, string reason);

    [LoggerMessage(EventId = 476, Level = LogLevel.Information, Message = "Model {Model} answers again; its circuit breaker is closed")]
    private partial void LogClosed(ModelId model);
}
