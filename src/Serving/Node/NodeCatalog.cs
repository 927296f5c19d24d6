using Krewe.Serving.Memory;
using Krewe.Serving.Repository.Manifests;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <summary>Builds catalog entries for a cluster.</summary>
internal static class NodeCatalog
{
    /// <summary>The entries of a model, ascending; a single one without a version if it has none.</summary>
    public static IEnumerable<NodeCatalogEntry> Describe(ServedModel model) => model.Versions.IsEmpty
        ? [new NodeCatalogEntry(model.Name, null, 0, "", null, ProviderRequired: false, 0, 0, model.Error ?? "it has no version")]
        : model.Versions.Select(Describe);

    public static NodeCatalogEntry Describe(ServedVersion version)
    {
        var artifact = version.Artifact;
        var manifest = artifact.Manifest;
        var replicas = manifest.Replicas ?? ReplicaLimits.Default;
        var bytes = version.MeasuredBytes is > 0 and var measured ? measured : LoadMeter.EstimateLoaded(artifact.Stamp.FileBytes);
        return new NodeCatalogEntry(
            version.Id.Name, version.Id.Version, bytes, artifact.Stamp.Identity, manifest.ExecutionProvider,
            manifest.ExecutionProviderRequired,
            replicas.Min, replicas.Max, artifact.Error ?? version.Failure?.Reason ?? "");
    }
}
