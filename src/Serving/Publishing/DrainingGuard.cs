using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>Refuses nothing, and lets a version's calls end before its files go.</summary>
internal sealed class DrainingGuard(IModelHost host) : IVersionGuard
{
    public ValueTask PublishingAsync(ModelId version, CancellationToken cancellationToken) => default;

    public ValueTask<ModelVersion?> FindServingAsync(ModelName model, CancellationToken cancellationToken) => new((ModelVersion?)null);

    public async ValueTask RetireAsync(ModelId version, CancellationToken cancellationToken)
    {
        try
        {
            await host.UnloadAsync(new ModelReference(version.Name, VersionSelector.Of(version.Version)), cancellationToken);
        }
        catch (KreweException error) when (error.Code is KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound)
        {
            // It lies there and is not served.
        }
    }

    // The mark was on what was served from the files, and went with them.
    public ValueTask RetiredAsync(ModelId version, CancellationToken cancellationToken) => default;
}
