using System.Collections.Immutable;
using System.Globalization;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Repository.Manifests;

internal sealed partial record ModelManifest
{
    /// <summary>
    /// The settings that affect a session, in canonical text: equal texts mean equal settings. The version policy is left out because it
    /// does not change a version.
    /// </summary>
    public string ToSettingsText() => string.Create(
        CultureInfo.InvariantCulture,
        $"batch {MaxBatchSize} delay {MaxQueueDelay.Ticks} queue {MaxQueueLength} provider {ExecutionProvider} {ExecutionProviderRequired} "
        + $"idle {IdleTime?.Ticks} run {RunTimeout?.Ticks} isolation {Isolation} warm {WarmUp.Enabled} {WarmUp.Rows} "
        + $"{Format(WarmUp.Shapes)} threads {Threads} "
        + $"runs {MaxConcurrentRuns} "
        + $"replicas {Replicas?.Min}-{Replicas?.Max} file {ModelFileName} in {Format(Inputs)} out {Format(Outputs)}");

    private static string Format(ImmutableSortedDictionary<string, ImmutableArray<long>> shapes) =>
        string.Join(';', shapes.Select(shape => $"{shape.Key}{TensorShape.Format(shape.Value)}"));

    private static string Format(ImmutableArray<TensorDeclaration> tensors) => string.Join(
        ';', tensors.Select(tensor => $"{tensor.Name} {tensor.Type} {Format(tensor.Dims)}{Format(tensor.Reshape)}"));

    private static string Format(ImmutableArray<long>? shape) => shape is { } known ? TensorShape.Format(known) : "";
}
