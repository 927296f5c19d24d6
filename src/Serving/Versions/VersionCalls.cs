using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Serving.Batching;
using Krewe.Serving.Execution;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Versions;

/// <summary>Runs inferences on the versions of this process.</summary>
internal sealed partial class VersionCalls(
    ServedModels models, VersionLoader loader, CompletionDispatcher completions, TimeProvider time, ILogger<VersionCalls> logger)
{
    private static readonly TimeSpan RetryBackground = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Answers a call on its version, or on the newest that can serve if it names none. Fails as <see cref="IModelHost.InferAsync"/>
    /// does.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<InferenceResponse> InferAsync(InferenceCall call)
    {
        var (request, wanted, start) = (call.Request, call.Version, time.GetTimestamp());
        var version = models.Find(request.Model.Name, wanted);
        call.Version = version.Id.Version;
        try
        {
            (version, var pending) = request.IsBackground ? (version, StartInBackground(version, request))
                : call.Beside is not null ? (version, StartControl(version, request))

                // Without a state machine, as most calls are.
                : version.Loaded is { } loaded && loaded.TryLease() ? (version, Enqueue(version, loaded, request))
                : await StartAsync(version, wanted, request, call.Token);
            var answer = pending.Answer;
            using var giveUp = answer.IsCompleted ? default : call.Token.UnsafeRegister(
                static (pending, token) => ((PendingInference)pending!).Abandon(token), pending);
            var response = await answer;
            CountSuccess(version, call, start);
            return response;
        }
        catch (OperationCanceledException) when (call.Explain() is { } reason)
        {
            CountFailure(version, call, start);
            throw reason;
        }
        catch (Exception error)
        {
            CountFailure(version, call, start);
            if (error is not (KreweException or OperationCanceledException))
            {
                LogFailed(error, version.Id);
            }

            throw;
        }
    }

    /// <summary>
    /// Enqueues the request. Resolves the version again if it was retired meanwhile, and falls back to another version if it fails to load
    /// and the caller named none.
    /// </summary>
    private async ValueTask<(ServedVersion Version, PendingInference Answer)> StartAsync(
        ServedVersion version, ModelVersion? wanted, InferenceRequest request, CancellationToken cancellationToken)
    {
        for (;;)
        {
            try
            {
                if (await loader.LeaseAsync(version, cancellationToken) is { } loaded)
                {
                    return (version, Enqueue(version, loaded, request));
                }

                version = models.Find(request.Model.Name, wanted);
            }
            catch (KreweException error) when (error.Code == KreweErrorCode.Unavailable && wanted is null
                && models.Find(request.Model.Name, null) is var other && other != version)
            {
                LogFellBack(version.Id, other.Id, error.Message);
                version = other;
            }
        }
    }

    /// <summary>Background requests never trigger a load.</summary>
    private PendingInference StartInBackground(ServedVersion version, InferenceRequest request) =>
        version.Loaded is { } loaded && loaded.TryLease()
            ? Enqueue(version, loaded, request)
            : throw KreweException.Overloaded(
                $"model '{version.Id}' is not in memory; background requests do not load it", RetryBackground);

    /// <summary>
    /// Rejects a control call if there is no baseline session: the serving session answers it instead. Starts loading one for later calls.
    /// </summary>
    private PendingInference StartControl(ServedVersion version, InferenceRequest request)
    {
        if (version.IsHeld && version.Baseline.Loaded is { } loaded && loaded.TryLease())
        {
            return Enqueue(version, loaded, request);
        }

        if (version.IsHeld && version.Describe().State is VersionState.Ready or VersionState.Absent)
        {
            loader.BeginBaseline(version.Baseline);
        }

        throw KreweException.Overloaded($"model '{version.Id}' has no baseline session for control calls here", RetryBackground);
    }

    private PendingInference Enqueue(ServedVersion version, LoadedModel loaded, InferenceRequest request)
    {
        try
        {
            var signature = loaded.Session.Signature;
            var inputs = RequestCheck.OrderInputs(version.Id, signature, request.Inputs);
            var outputs = RequestCheck.CheckOutputs(version.Id, signature, request.RequestedOutputs);
            var rows = loaded.MaxBatchSize > 0 ? RequestCheck.CountRows(inputs) : 0;
            var pending = new PendingInference(
                request, loaded, inputs, rows, outputs, time.GetTimestamp(), request.IsBackground ? completions : null);
            if (request.IsBackground)
            {
                loaded.Background.Enqueue(pending);
            }
            else
            {
                loaded.Queue.Enqueue(pending);
            }

            return pending;
        }
        catch
        {
            loaded.Return(isUse: !request.IsBackground);
            throw;
        }
    }

    // Background requests are none that a caller made; what they cost shows in the version's executions and computing times.
    private void CountSuccess(ServedVersion version, InferenceCall call, long start)
    {
        if (!call.Request.IsBackground)
        {
            version.Statistics.AddSuccess(time.GetElapsedTime(start), time.GetUtcNow());
        }
    }

    private void CountFailure(ServedVersion version, InferenceCall call, long start)
    {
        // Nor has a control call failed for its caller yet.
        if (!call.IsOnce)
        {
            version.Statistics.AddFailure(time.GetElapsedTime(start));
        }
    }

    [LoggerMessage(EventId = 160, Level = LogLevel.Error, Message = "Model {Model}: an inference failed with an unexpected error")]
    private partial void LogFailed(Exception error, ModelId model);

    [LoggerMessage(EventId = 161, Level = LogLevel.Warning, Message = "Model {Model} cannot serve, falling back to {Other}: {Reason}")]
    private partial void LogFellBack(ModelId model, ModelId other, string reason);
}
