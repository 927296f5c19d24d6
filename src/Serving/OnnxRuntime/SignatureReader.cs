using System.Collections.Immutable;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Operators;
using Krewe.Serving.Repository.Artifacts;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Derives a <see cref="SessionSignature"/> from an ONNX file.</summary>
internal static class SignatureReader
{
    /// <summary>
    /// The signature for callers, with the settings' reshapes applied. The file must have passed <see cref="SignatureCheck"/>.
    /// </summary>
    public static SessionSignature Read(OnnxFileSummary file, ModelManifest? manifest = null)
    {
        var (inputs, outputs) = (ReshapesOf(manifest?.Inputs ?? []), ReshapesOf(manifest?.Outputs ?? []));
        var hazards = HazardAnalysis.Of(file);
        return new SessionSignature(
            [.. file.Inputs.Select(input => ToSpec(input, inputs))], [.. file.Outputs.Select(output => ToSpec(output, outputs))],
            HasBatchDimension(file), RowAnalysis.Of(file))
        {
            InputReshapes = inputs,
            Hazard = hazards.Hazard,
            EmptyHazard = hazards.Empty,
            OutputReshapes = outputs,
        };
    }

    private static ImmutableDictionary<string, TensorReshape> ReshapesOf(ImmutableArray<TensorDeclaration> declared) => declared
        .Where(tensor => tensor.Reshape is not null)
        .ToImmutableDictionary(tensor => tensor.Name, tensor => new TensorReshape(tensor.Dims!.Value, tensor.Reshape!.Value));

    private static TensorSpec ToSpec(OnnxValueInfo value, ImmutableDictionary<string, TensorReshape> reshapes)
    {
        var type = value.Type ?? default;
        return reshapes.TryGetValue(value.Name, out var reshape) ? new TensorSpec(value.Name, type, reshape.Callers)
            : value.Shape is { } shape ? new TensorSpec(value.Name, type, [.. shape.Select(dimension => dimension.Value ?? -1)])
            : new TensorSpec(value.Name, type, [-1]) { AnyRank = true };
    }

    /// <summary>
    /// Whether the first dimension can be a batch: free on every input and output. Equal symbols are not required: exporters name the same
    /// dimension differently.
    /// </summary>
    private static bool HasBatchDimension(OnnxFileSummary file) =>
        file.Inputs.Length > 0 && file.Outputs.Length > 0
        && file.Inputs.Concat(file.Outputs).All(value => value.Shape is [{ Value: null }, ..]);
}
