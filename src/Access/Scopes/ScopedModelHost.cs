using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;

namespace Krewe.Access.Scopes;

/// <summary>
/// The models as the caller of a request knows them: others are neither listed nor found, over any transport, and no error names them.
/// </summary>
internal sealed class ScopedModelHost(IModelHost inner, CallerScope scope) : IModelHost
{
    public async ValueTask<HostReadiness> GetReadinessAsync(CancellationToken cancellationToken)
    {
        var readiness = await inner.GetReadinessAsync(cancellationToken);
        return readiness.IsReady || scope.IsEverything ? readiness : HostReadiness.NotReady("not ready");
    }

    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        scope.StreamLimit is { } limit ? limit.RunAsync(() => RunAsync(request, cancellationToken)) : RunAsync(request, cancellationToken);

    private ValueTask<InferenceResponse> RunAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        scope.IsEverything ? inner.InferAsync(request, cancellationToken)
        : FindAsync(request.Model.Name, () => inner.InferAsync(request, cancellationToken));

    public async ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var versions = await inner.ListAsync(cancellationToken);
        return scope.IsEverything ? versions : [.. versions.Where(version => scope.Sees(version.Name))];
    }

    public ValueTask<IReadOnlyList<ModelVersionStatus>> ListAsync(ModelName name, CancellationToken cancellationToken) =>
        FindAsync(name, () => inner.ListAsync(name, cancellationToken));

    public ValueTask<bool> IsReadyAsync(ModelReference model, CancellationToken cancellationToken) =>
        FindAsync(model.Name, () => inner.IsReadyAsync(model, cancellationToken));

    public ValueTask<ModelMetadata> GetMetadataAsync(ModelReference model, CancellationToken cancellationToken) =>
        FindAsync(model.Name, () => inner.GetMetadataAsync(model, cancellationToken));

    public ValueTask<ModelConfiguration> GetConfigurationAsync(ModelReference model, CancellationToken cancellationToken) =>
        FindAsync(model.Name, () => inner.GetConfigurationAsync(model, cancellationToken));

    public async ValueTask LoadAsync(ModelReference model, CancellationToken cancellationToken) =>
        await FindAsync(model.Name, async () =>
        {
            scope.Name(model.Name);
            await inner.LoadAsync(model, cancellationToken);
            return true;
        });

    public async ValueTask UnloadAsync(ModelReference model, CancellationToken cancellationToken) =>
        await FindAsync(model.Name, async () =>
        {
            scope.Name(model.Name);
            await inner.UnloadAsync(model, cancellationToken);
            return true;
        });

    public async ValueTask<IReadOnlyList<ModelStatistics>> GetStatisticsAsync(ModelReference? model, CancellationToken cancellationToken)
    {
        if (model is { } one)
        {
            return await FindAsync(one.Name, () => inner.GetStatisticsAsync(model, cancellationToken));
        }

        var statistics = await inner.GetStatisticsAsync(null, cancellationToken);
        return scope.IsEverything ? statistics : [.. statistics.Where(version => scope.Sees(version.Model.Name))];
    }

    /// <summary>The host suggests similar names to who asks for an unknown model: not those of others.</summary>
    private async ValueTask<T> FindAsync<T>(ModelName name, Func<ValueTask<T>> find)
    {
        scope.Check(name);
        try
        {
            return await find();
        }
        catch (KreweException error) when (error.Code == KreweErrorCode.ModelNotFound && !scope.IsEverything)
        {
            throw UnknownModel.Error(name);
        }
    }
}
