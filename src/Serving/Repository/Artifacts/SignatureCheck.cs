using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Repository.Artifacts;

/// <summary>Validates a graph's signature against what can be served and against the model's settings.</summary>
internal static class SignatureCheck
{
    private const string Input = "input";
    private const string Output = "output";

    /// <summary>Throws <see cref="ArtifactException"/> for the first contradiction.</summary>
    public static void Verify(OnnxFileSummary summary, ModelManifest manifest)
    {
        VerifyServable(summary.Inputs, Input);
        VerifyServable(summary.Outputs, Output);
        VerifyDeclared(manifest.Inputs, summary.Inputs, Input);
        VerifyDeclared(manifest.Outputs, summary.Outputs, Output);
        if (manifest.MaxBatchSize > 1)
        {
            VerifyBatchable(summary.Inputs, Input);
            VerifyBatchable(summary.Outputs, Output);
        }

        foreach (var name in manifest.WarmUp.Shapes.Keys.Where(name => summary.Inputs.All(input => input.Name != name)))
        {
            throw new ArtifactException(
                $"its settings give a warm-up shape for '{name}': the graph has the inputs {Names(summary.Inputs)}");
        }
    }

    // An output's type may be unknown until the model is loaded.
    private static void VerifyServable(ImmutableArray<OnnxValueInfo> values, string what)
    {
        if (values.FirstOrDefault(value => value.Type is null && !(value.HasNoType && what == Output)) is { } odd)
        {
            throw new ArtifactException($"{what} '{odd.Name}' is of kind {odd.Kind}: {Instead(odd.Kind, what)}");
        }

        if (values.CountBy(value => value.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1) is { Value: > 1 } twice)
        {
            throw new ArtifactException($"the graph has two {what}s named '{twice.Key}'");
        }
    }

    private static string Instead(string kind, string what) => (kind, what) switch
    {
        (OnnxValueInfo.NoType, _) => $"expected its type in the graph, a tensor of {TensorTypes.AllWireNames}",
        (OnnxValueInfo.Maps or "map", Output) =>
            "only tensors are served. Export the model without ZipMap, which makes it: skl2onnx with options={'zipmap': False}, "
            + "onnxmltools with zipmap=False",
        ("sequence", Output) =>
            "only tensors are served. Export the model with one tensor in its place (ConcatFromSequence makes it), or without this output",
        ("optional", Output) => "only tensors are served. Export the model with OptionalGetElement behind it, or without this output",
        _ => $"expected tensors of {TensorTypes.AllWireNames}",
    };

    private static void VerifyDeclared(ImmutableArray<TensorDeclaration> declared, ImmutableArray<OnnxValueInfo> graph, string what)
    {
        foreach (var declaration in declared)
        {
            var value = graph.FirstOrDefault(value => value.Name == declaration.Name) ?? throw new ArtifactException(
                $"{ManifestFiles.Pbtxt} declares the {what} '{declaration.Name}': the graph has {Names(graph)}");
            if (declaration.Type is { } type && type != value.Type && value.Type is { } graphType)
            {
                throw new ArtifactException(
                    $"{ManifestFiles.Pbtxt} declares the {what} '{value.Name}' as {type.WireName()}: "
                    + $"the graph has {graphType.WireName()}");
            }

            if ((declaration.Reshape ?? declaration.Dims) is { } dims && value.Shape is { } shape && !Agree(dims, shape))
            {
                throw new ArtifactException(
                    $"{ManifestFiles.Pbtxt} declares the {what} '{value.Name}' with the {(declaration.Reshape is null ? "" : "re")}shape "
                    + $"{TensorShape.Format(dims)} "
                    + $"(a max_batch_size above 0 puts a free batch dimension first): the graph has {Format(shape)}");
            }
        }
    }

    // A dimension that is free in the graph may be declared as any value; a fixed one must match.
    private static bool Agree(ImmutableArray<long> declared, ImmutableArray<OnnxDimension> graph) =>
        declared.Length == graph.Length
        && declared.Zip(graph).All(pair => pair.Second.Value is not { } size || size == pair.First);

    private static void VerifyBatchable(ImmutableArray<OnnxValueInfo> values, string what)
    {
        if (values.FirstOrDefault(value => value.Shape is { } shape && (shape.IsEmpty || shape[0].Value is not null)) is { } stiff)
        {
            throw new ArtifactException(
                $"its settings allow batches, and {what} '{stiff.Name}' has the shape {Format(stiff.Shape!.Value)}: "
                + "expected a free first dimension, or a maximum batch size of 0");
        }
    }

    private static string Names(ImmutableArray<OnnxValueInfo> values) =>
        values.IsEmpty ? "none" : string.Join(", ", values.Select(value => $"'{value.Name}'"));

    private static string Format(ImmutableArray<OnnxDimension> shape) =>
        TensorShape.Format(shape.Select(size => size.Value ?? -1).ToArray());
}
