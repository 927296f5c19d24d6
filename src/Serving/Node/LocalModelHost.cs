using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Serving.Crashes;
using Krewe.Serving.Execution;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <summary>Answers from this process's own repository. Aliases and rollouts are resolved by the caller.</summary>
internal sealed class LocalModelHost(
    ServedModels models, VersionCalls calls, VersionLoader loader, VersionDescriptions descriptions, ProcessEnds ends, StuckWork stuck,
    ServingOptions options, TimeProvider time)
        : IModelHost
{
    public ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken) =>
        new(models.Readiness.IsReady ? stuck.Check() : models.Readiness);

    public async ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        using var call = new InferenceCall(request, time, cancellationToken);
        return await calls.InferAsync(call);
    }

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken) =>
        new([.. models.All.OrderBy(model => model.Name).SelectMany(Describe)]);

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken) =>
        new([.. Describe(models.Find(name))]);

    public ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken) =>
        new(models.Readiness.IsReady
            && models.Resolve(model).Describe().State is VersionState.Absent or VersionState.Loading or VersionState.Ready);

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
        return EffectiveConfiguration.Of(version, signature, options, ends.FindLast(version.Id));
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
                version.Exclusion ??= VersionExclusion.Unloaded;
            }
        }

        await Task.WhenAll(versions.Select(loader.DrainExcludedAsync)).WaitAsync(cancellationToken);
    }

    public ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken) =>
        new([
            .. (model is { } named ? models.ResolveAll(named) : models.AllVersions.Where(version => version.Statistics.IsUsed))
                .OrderBy(version => version.Id)
                .Select(version => version.Statistics.Read(version.Id, version.Loaded?.MemoryBytes ?? 0)),
        ]);

    private static IEnumerable<ModelVersionStatus> Describe(ServedModel model) => model.Versions.IsEmpty
        ? [new ModelVersionStatus(model.Name, null, VersionState.Failed, model.Error ?? "it has no version")]
        : model.Versions.Select(version =>
        {
            var (state, reason) = version.Describe();
            return new ModelVersionStatus(model.Name, version.Id.Version, state, reason);
        });

    private async Task<SessionSignature> GetSignatureAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        if (version.Loaded is { } loaded)
        {
            return loaded.Session.Signature;
        }

        var signature = await descriptions.GetAsync(version, cancellationToken);
        return signature.IsComplete ? signature : await InferSignatureAsync(version, cancellationToken);
    }

    /// <summary>Loads the version to complete a signature that the file leaves open, with the usual admission and limits.</summary>
    private async Task<SessionSignature> InferSignatureAsync(ServedVersion version, CancellationToken cancellationToken)
    {
        var loaded = await loader.LeaseAsync(version, cancellationToken)
            ?? throw new LoadFailure("its files have just been changed", 1, 0).ToError(version.Id, TimeSpan.Zero);
        var signature = loaded.Session.Signature;
        loaded.Return();
        return signature;
    }
}
