using System.Collections.Frozen;
using Krewe.Serving.OnnxFiles;

namespace Krewe.Serving.Operators;

/// <summary>
/// Which ranks ONNX infers at load, where it refuses a file whose ranks do not fit. Seen with ONNX Runtime 1.31.
/// </summary>
internal sealed partial class HazardAnalysis
{
    /// <summary>Operators whose output has the rank of their first input.</summary>
    private static readonly FrozenSet<string> KeepsRank =
        ("Abs AveragePool BatchNormalization Binarizer Cast CategoryMapper Ceil Clip Concat Conv ConvTranspose Cos Dropout Erf Exp Floor "
            + "Gelu GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity Imputer InstanceNormalization LabelEncoder "
            + "LayerNormalization LeakyRelu Log LogSoftmax MaxPool Neg Normalizer Not Pad Reciprocal Relu Resize Scaler Sigmoid Sin Slice "
            + "Softmax Sqrt Tanh Transpose Upsample").Split(' ').ToFrozenSet();

    /// <summary>Operators whose output has the largest rank of their inputs.</summary>
    private static readonly FrozenSet<string> Broadcasts =
        "Add And Div Equal Greater Less Max Min Mul Or Pow PRelu Sub Where".Split(' ').ToFrozenSet();

    private static string? FindRank(OnnxNode node, HazardValue?[] inputs)
    {
        var given = inputs.OfType<HazardValue>().ToArray();
        return Array.TrueForAll(given, static input => input.HasRank) || FitAlways(node.Operator, given)
            ? null
            : $"{Describe(node)} ends the process on a tensor of another rank than it expects, and the file does not say which it gets";
    }

    /// <summary>True if ranks that no inference sees fit nevertheless.</summary>
    private static bool FitAlways(string name, HazardValue[] given) => given is [{ Rank: { } rank }, ..] && name switch
    {
        "Concat" => Array.TrueForAll(given, input => input.Rank == rank),
        "Conv" or "ConvTranspose" => rank >= 3 && given is [_, { Rank: { } ofWeights }, ..] && ofWeights == rank,
        _ => false,
    };

    private static (bool HasRank, bool HasShape) InferRank(
        OnnxNode node, HazardValue?[] inputs, Hazard hazards, ValueSource source, long opset)
    {
        var given = inputs.OfType<HazardValue>().ToArray();
        var hasRank = Array.TrueForAll(given, static input => input.HasRank);
        var hasShape = Array.TrueForAll(given, static input => input.HasShape);
        bool HasShape(int at) => inputs.ElementAtOrDefault(at)?.HasShape != false;
        bool IsConstant(int at) => inputs.ElementAtOrDefault(at) is not { Source: not ValueSource.Constant };
        if (node.Domain.Length > 0)
        {
            return (hasRank && node.Operator is "Binarizer" or "LabelEncoder" or "OneHotEncoder" or "LinearClassifier"
                or "TreeEnsembleRegressor", false);
        }

        return node.Operator switch
        {
            "Size" => (true, true),
            "Shape" => (true, hasRank),
            "Reshape" => (HasShape(1) && (opset >= 14 || IsConstant(1)), hasShape && IsConstant(1)),
            "Expand" => (hasRank && HasShape(1), hasShape && IsConstant(1)),
            "GatherND" => (hasRank && HasShape(1), hasShape),
            "ConstantOfShape" => (HasShape(0), IsConstant(0)),
            "Squeeze" => (hasRank && HasAxes(node, inputs), hasShape),
            "MeanVarianceNormalization" or "SoftmaxCrossEntropyLoss" or "NegativeLogLikelihoodLoss" => (false, false),
            "Unsqueeze" => (hasRank && IsConstant(1), hasShape),
            _ when node.Operator.StartsWith("Reduce", StringComparison.Ordinal) => (hasRank && IsConstant(1), hasShape),
            "Unique" => (hasRank, false),
            "Slice" or "Split" or "TopK" or "Pad" or "Tile" or "OneHot" or "Resize" or "Upsample" =>
                (hasRank, hasShape && Enumerable.Range(1, inputs.Length).All(IsConstant)),
            _ => (hasRank, hasShape && (source == ValueSource.Constant || (hazards & (Hazard.Size | Hazard.Shrinks)) == 0)),
        };
    }

    private static bool HasAxes(OnnxNode node, HazardValue?[] inputs) =>
        inputs is [_, { Source: ValueSource.Constant }] || node.Attributes.Any(static attribute => attribute.Name == "axes");

    /// <summary>The rank that follows from ranks alone; null also for outputs that have several.</summary>
    private static int? RankOf(OnnxNode node, HazardValue?[] inputs)
    {
        var first = inputs.Length > 0 ? inputs[0]?.Rank : null;
        var second = inputs.Length > 1 ? inputs[1]?.Rank : null;
        return node.Operator switch
        {
            "Shape" => 1,
            "Reshape" => inputs is [_, { Length: { } length }] ? (int)Math.Min(length, int.MaxValue) : null,
            "Unsqueeze" => first + AxesOf(node, inputs),
            "Squeeze" => first - AxesOf(node, inputs),
            "Gather" => first + second - 1,
            "Flatten" or "Gemm" or "LinearRegressor" or "SVMRegressor" or "TreeEnsembleRegressor" => 2,
            "MatMul" => first >= 2 && second >= 2 ? Math.Max(first.Value, second.Value) : null,
            _ when Broadcasts.Contains(node.Operator) =>
                inputs.All(static input => input?.Rank is not null) ? inputs.Max(static input => input?.Rank) : null,
            _ when KeepsRank.Contains(node.Operator) => first,
            _ => null,
        };
    }

    /// <summary>The length of vectors from which shapes are put together.</summary>
    private static long? LengthOf(OnnxNode node, HazardValue?[] inputs) => node.Operator switch
    {
        "Shape" when node.Attributes.IsEmpty => inputs is [{ Rank: { } rank }] ? rank : null,
        "Gather" => inputs is [{ Rank: 1 }, { Length: { } length }] ? length : null,
        "Slice" => inputs is [{ Rank: 1, Length: { } whole }, ..] && inputs.Skip(3).All(static input => input is { Numbers: [0 or 1] })
            && (EndOf(node, inputs, 1, "starts"), EndOf(node, inputs, 2, "ends")) is ({ } start and >= 0, { } end) && end >= start
            ? Math.Min(end, whole) - Math.Min(start, whole) : null,
        "Concat" => inputs.All(static input => input is { Rank: 1, Length: not null })
            ? inputs.Sum(static input => input!.Value.Length) : null,
        "Unsqueeze" or "Squeeze" or "Cast" or "Identity" => inputs is [{ Rank: <= 1, Length: { } length }, ..] ? length : null,
        "Add" or "Sub" or "Mul" or "Div" or "Max" or "Min" => inputs.All(static input => input is { Rank: <= 1, Length: not null })
            ? inputs.Max(static input => input?.Length) : null,
        _ => null,
    };

    /// <summary>Where a slice of one axis begins or ends: an input, or an attribute in old files.</summary>
    private static long? EndOf(OnnxNode node, HazardValue?[] inputs, int at, string name) =>
        (inputs.Length > at
            ? inputs[at]?.Numbers
            : node.Attributes.FirstOrDefault(attribute => attribute.Name == name)?.Integers) is [var end] ? end : null;

    /// <summary>The number of axes that a node adds or takes away; null if it is not known.</summary>
    private static int? AxesOf(OnnxNode node, HazardValue?[] inputs) => inputs is [_, { } axes]
        ? (int?)axes.Numbers?.Length
        : node.Attributes.FirstOrDefault(static attribute => attribute.Name == "axes")?.Integers?.Length;
}
