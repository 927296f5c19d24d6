using Krewe.Serving.OnnxFiles;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Completes output types and shapes that the file leaves open with those that ONNX Runtime infers.</summary>
internal static class InferredOutputs
{
    /// <summary>The file summary, completed from an opened graph.</summary>
    public static OnnxFileSummary Complete(OnnxFileSummary file, IGraph graph) =>
        file.Outputs.All(output => output.Shape is not null) ? file : file with
        {
            Outputs = [.. file.Outputs.Select(
                output => output.Shape is null ? Infer(file, output, graph.OutputOf(output.Name)) : output)],
        };

    private static OnnxValueInfo Infer(OnnxFileSummary file, OnnxValueInfo output, GraphOutput inferred)
    {
        if (inferred.Kind != (int)OnnxValueType.ONNX_TYPE_TENSOR)
        {
            return output with { Kind = KindOf(file, output, (OnnxValueType)inferred.Kind) };
        }

        // ONNX Runtime reports an unknown rank and a scalar in the same way.
        var element = (TensorElementType)inferred.ElementType;
        var type = output.HasNoType ? ElementTypes.FromNative(element) : output.Type;
        return output with
        {
            Type = type,
            Kind = output.HasNoType ? $"tensor({element})" : output.Kind,
            Shape = inferred.Dimensions is { Length: > 0 } shape
                ? [.. shape.Select(size => size < 0 ? default : new OnnxDimension(size, null))]
                : null,
        };
    }

    private static string KindOf(OnnxFileSummary file, OnnxValueInfo output, OnnxValueType type) => type switch
    {
        OnnxValueType.ONNX_TYPE_SEQUENCE when MakesMaps(file, output.Name) => OnnxValueInfo.Maps,
        OnnxValueType.ONNX_TYPE_SEQUENCE => "sequence",
        OnnxValueType.ONNX_TYPE_MAP => "map",
        OnnxValueType.ONNX_TYPE_OPTIONAL => "optional",
        _ => "unknown",
    };

    private static bool MakesMaps(OnnxFileSummary file, string output) =>
        file.Graph?.Nodes.Any(node => node.Operator == "ZipMap" && node.Outputs.Contains(output)) == true;
}
