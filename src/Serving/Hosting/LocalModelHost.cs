using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>Serves a repository from this process.</summary>
internal sealed partial class LocalModelHost(
    ServedModels models, VersionLoader loader, LoadThreads loadThreads, MetricsReader metrics, ServingOptions options, TimeProvider time,
    ILogger<LocalModelHost> logger) : IModelHost
{
    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) => new(models.Readiness);

    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(request.Timeout, time, cancellationToken);
        var start = time.GetTimestamp();
        var version = models.Resolve(request.Model);
        try
        {
            (version, var answer) = await StartAsync(version, request, deadline.Token);
            using var giveUp = deadline.Token.UnsafeRegister(static (pending, token) => ((PendingInference)pending!).Abandon(token), answer);
            var response = await answer.Answer;
            version.Statistics.AddSuccess(time.GetElapsedTime(start), time.GetUtcNow());
            return response;
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            version.Statistics.AddFailure(time.GetElapsedTime(start));
            throw KreweException.DeadlineExceeded(
                $"model '{version.Id}' did not answer within the {request.Timeout.TotalMilliseconds:0.###} ms that the request allows");
        }
        catch (Exception error)
        {
            version.Statistics.AddFailure(time.GetElapsedTime(start));
            if (error is not (KreweException or OperationCanceledException))
            {
                LogFailed(error, version.Id);
            }

            throw;
        }
    }

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken) =>
        new([.. models.All.OrderBy(model => model.Name).SelectMany(Describe)]);

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken) =>
        new([.. Describe(models.Find(name))]);

    public ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(models.Readiness.IsReady && models.Resolve(model).Describe().State is VersionState.Absent or VersionState.Loading or VersionState.Ready);

    public async ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var version = models.Resolve(model);
        var signature = await GetSignatureAsync(version, cancellationToken);
        var served = models.Find(version.Id.Name).Versions.Select(other => other.Id.Version);
        return new ModelMetadata(version.Id, [.. served], ModelMetadata.OnnxPlatform, signature.Inputs, signature.Outputs);
    }

    public async ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var version = models.Resolve(model);
        var signature = await GetSignatureAsync(version, cancellationToken);
        return EffectiveConfiguration.Of(version, signature, options);
    }

    public async ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken)
    {
        foreach (var version in models.ResolveAll(model))
        {
            await loader.LoadNowAsync(version, cancellationToken);
        }
    }

    public async ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken)
    {
        var versions = models.ResolveAll(model);
        foreach (var version in versions)
        {
            lock (version.Gate)
            {
                version.Exclusion ??= IServingNode.Unloaded;
            }
        }

        await Task.WhenAll(versions.Select(loader.DrainExcludedAsync)).WaitAsync(cancellationToken);
    }

    public ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken) =>
        new(MetricsReader.ReadStatistics(model is { } named ? models.ResolveAll(named) : models.AllVersions.Where(version => version.Statistics.IsUsed)));

    public ValueTask<IReadOnlyList<MetricFamily>> GetMetricsAsync(CancellationToken cancellationToken) => new(metrics.ReadMetrics());

    private static IEnumerable<ModelVersionStatus> Describe(ServedModel model) => model.Versions.IsEmpty
        ? [new ModelVersionStatus(model.Name, null, VersionState.Failed, model.Error ?? "it has no version")]
        : model.Versions.Select(version =>
        {
            var (state, reason) = version.Describe();
            return new ModelVersionStatus(model.Name, version.Id.Version, state, reason);
        });

    /// <summary>
    /// Puts the request into a queue, of another version than the resolved one where that is gone by now or, for a caller who leaves
    /// the choice to us, where it turns out not to load.
    /// </summary>
    private async ValueTask<(ServedVersion Version, PendingInference Answer)> StartAsync(
        ServedVersion version, InferenceRequest request, CancellationToken cancellationToken)
    {
        for (;;)
        {
            try
            {
                if (await loader.LeaseAsync(version, cancellationToken) is { } loaded)
                {
                    return (version, Enqueue(version, loaded, request));
                }

                version = models.Resolve(request.Model);
            }
            catch (KreweException error) when (error.Code == KreweErrorCode.Unavailable && request.Model.Version.IsRouted
                && models.Resolve(request.Model) is var other && other != version)
            {
                LogTookOther(version.Id, other.Id, error.Message);
                version = other;
            }
        }
    }

    private PendingInference Enqueue(ServedVersion version, LoadedModel loaded, InferenceRequest request)
    {
        try
        {
            var signature = loaded.Session.Signature;
            var inputs = RequestCheck.OrderInputs(version.Id, signature, request.Inputs);
            var outputs = RequestCheck.CheckOutputs(version.Id, signature, request.RequestedOutputs);
            var rows = loaded.MaxBatchSize > 0 ? RequestCheck.CountRows(inputs) : 0;
            var pending = new PendingInference(request, loaded, inputs, rows, outputs, time.GetTimestamp());
            loaded.Queue.Enqueue(pending);
            return pending;
        }
        catch
        {
            loaded.Return();
            throw;
        }
    }

    private Task<SessionSignature> GetSignatureAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        if (version.Loaded is { } loaded)
        {
            return Task.FromResult(loaded.Session.Signature);
        }

        return version.Artifact.Error is { } error
            ? throw KreweException.Unavailable($"model '{version.Id.Name}' version '{version.Id.Version}' is not available: {error}")
            : loadThreads.RunAsync(() => SignatureReader.Read(ArtifactCheck.Verify(version.Artifact))).WaitAsync(cancellationToken);
    }
}
