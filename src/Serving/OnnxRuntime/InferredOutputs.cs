using Krewe.Serving.OnnxFiles;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>What a file leaves open of its outputs, and ONNX Runtime infers from the graph: the type, or the shape.</summary>
internal static class InferredOutputs
{
    /// <summary>The file with what is known of its outputs once there is a session.</summary>
    public static OnnxFileSummary Complete(OnnxFileSummary file, InferenceSession session) =>
        file.Outputs.All(output => output.Shape is not null) ? file : file with
        {
            Outputs = [.. file.Outputs.Select(
                output => output.Shape is null ? Infer(file, output, session.OutputMetadata[output.Name]) : output)],
        };

    private static OnnxValueInfo Infer(OnnxFileSummary file, OnnxValueInfo output, NodeMetadata inferred)
    {
        if (!inferred.IsTensor)
        {
            return output with { Kind = KindOf(file, output, inferred.OnnxValueType) };
        }

        // A rank that is not known and that of a scalar look the same there.
        var type = output.HasNoType ? ElementTypes.FromNative(inferred.ElementDataType) : output.Type;
        return output with
        {
            Type = type,
            Kind = output.HasNoType ? $"tensor({inferred.ElementDataType})" : output.Kind,
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
