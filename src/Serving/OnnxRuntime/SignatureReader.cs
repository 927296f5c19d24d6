using Krewe.Abstractions;
using Krewe.Serving.Operators;

namespace Krewe.Serving;

/// <summary>Derives a <see cref="SessionSignature"/> from what the ONNX file says.</summary>
internal static class SignatureReader
{
    /// <summary>Throws <see cref="KreweException"/> where an input or output is nothing the protocol can carry.</summary>
    public static SessionSignature Read(OnnxFileSummary file) => new(
        [.. file.Inputs.Select(input => ToSpec(input, "input"))],
        [.. file.Outputs.Select(output => ToSpec(output, "output"))],
        HasBatchDimension(file),
        RowAnalysis.Of(file));

    private static TensorSpec ToSpec(OnnxValueInfo value, string role)
    {
        var type = value.Type ?? throw KreweException.Unavailable(
            $"{role} '{ErrorText.Quote(value.Name)}' is {value.Kind}: only tensors of the protocol's types ({TensorTypes.AllWireNames}) can be served");
        return value.Shape is { } shape
            ? new TensorSpec(value.Name, type, [.. shape.Select(dimension => dimension.Value ?? -1)])
            : new TensorSpec(value.Name, type, [-1]) { AnyRank = true };
    }

    /// <summary>
    /// Whether the first dimension can be a batch: free on every input and output. Symbols are no evidence: exporters give the same
    /// dimension different ones.
    /// </summary>
    private static bool HasBatchDimension(OnnxFileSummary file) =>
        file.Inputs.Length > 0 && file.Outputs.Length > 0
        && file.Inputs.Concat(file.Outputs).All(value => value.Shape is [{ Value: null }, ..]);
}
