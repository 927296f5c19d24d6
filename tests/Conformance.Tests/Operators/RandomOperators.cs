using Krewe.Onnx.Protobuf;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>Finds graphs that answer differently each time by design.</summary>
internal static class RandomOperators
{
    private static readonly HashSet<string> Names =
        ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"];

    public static bool AreIn(byte[] model)
    {
        var message = ModelProto.Parser.ParseFrom(model);
        return AreIn(message.Graph.Node) || message.Functions.Any(static function => AreIn(function.Node));
    }

    private static bool AreIn(IEnumerable<NodeProto> nodes) => nodes.Any(static node =>
        Names.Contains(node.OpType) || node.Attribute.Any(static attribute => attribute.G is { } graph && AreIn(graph.Node)));
}
