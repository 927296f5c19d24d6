using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Publishing;

/// <summary>Validates the signature of a version being published against that of the serving version.</summary>
public sealed class ServingSignature(IModelHost host, IVersionGuard guard)
{
    /// <summary>
    /// Throws <see cref="KreweErrorCode.Conflict"/> naming every incompatibility. The first version of a model is always accepted, and so
    /// is any version if the serving signature cannot be read.
    /// </summary>
    public async Task VerifyAsync(
        ModelId version, ImmutableArray<TensorSpec> inputs, ImmutableArray<TensorSpec> outputs, CancellationToken cancellationToken)
    {
        if (await FindAsync(version, cancellationToken) is not { } serving)
        {
            return;
        }

        var differences = SignatureCompatibility.FindDifferences(serving.Inputs, serving.Outputs, inputs, outputs);
        if (!differences.IsEmpty)
        {
            throw KreweException.Conflict(
                $"the signature of version {version.Version} is incompatible with the serving version {serving.Model.Version} of model "
                + $"'{version.Name}': {string.Join("; ", differences)}. Publish with force=true to skip this check");
        }
    }

    private async Task<ModelMetadata?> FindAsync(ModelId version, CancellationToken cancellationToken)
    {
        try
        {
            var serving = await guard.FindServingAsync(version.Name, cancellationToken) ?? await FindNewestAsync(
                version, cancellationToken);
            return serving is { } number && number != version.Version
                ? await host.GetMetadataAsync(new ModelReference(version.Name, VersionSelector.Of(number)), cancellationToken)
                : null;
        }
        catch (KreweException error) when (
            error.Code is KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound or KreweErrorCode.Unavailable)
        {
            return null;
        }
    }

    private async Task<ModelVersion?> FindNewestAsync(ModelId version, CancellationToken cancellationToken)
    {
        var statuses = await host.ListAsync(version.Name, cancellationToken);
        return statuses.Where(status => status.IsServable && status.Version != version.Version).Max(status => status.Version);
    }
}
