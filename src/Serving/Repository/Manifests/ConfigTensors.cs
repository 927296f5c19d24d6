using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Numerics;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>Reads the input and output declarations of a <c>config.pbtxt</c>.</summary>
internal static class ConfigTensors
{
    private static readonly FrozenDictionary<string, TensorType> Types = Enum.GetValues<TensorType>()
        .ToFrozenDictionary(type => type == TensorType.Bytes ? "TYPE_STRING" : "TYPE_" + type.WireName(), StringComparer.Ordinal);

    // In the order of the protocol's DataType.
    private static readonly string[] TypeNames =
    [
        "TYPE_INVALID", "TYPE_BOOL", "TYPE_UINT8", "TYPE_UINT16", "TYPE_UINT32", "TYPE_UINT64", "TYPE_INT8", "TYPE_INT16", "TYPE_INT32",
        "TYPE_INT64", "TYPE_FP16", "TYPE_FP32", "TYPE_FP64", "TYPE_STRING", "TYPE_BF16",
    ];

    /// <summary>Reads one input or output.</summary>
    public static TensorDeclaration Read(ConfigFields tensor, bool hasBatchDimension)
    {
        var name = tensor.Text("name") is { Length: > 0 } text
            ? text
            : throw new ManifestException($"{ManifestFiles.Pbtxt}: an input or output has no name");
        var dims = Shape(tensor, "dims", hasBatchDimension);
        var reshape = Reshape(tensor, dims, hasBatchDimension);
        var isOpen = reshape is null && dims.Length == (hasBatchDimension ? 1 : 0);
        var declaration = new TensorDeclaration(name, DataType(tensor), isOpen ? null : dims, reshape);
        Format(tensor);
        tensor.RefuseTrue("is_shape_tensor", "an ONNX graph has no shape tensors");
        tensor.RefuseTrue("is_non_linear_format_io", "an ONNX graph has plain tensors alone");
        tensor.RefuseTrue("allow_ragged_batch", "requests of different shapes are not joined into one tensor");
        tensor.WarnOfUnread();
        return declaration;
    }

    /// <summary>Reads a <c>data_type</c>; null if absent.</summary>
    public static TensorType? DataType(ConfigFields tensor)
    {
        var expected = $"one of {string.Join(", ", Types.Keys.Order(StringComparer.Ordinal))}";
        return tensor.Word("data_type", expected, TypeNames) is not { } word
            ? null
            : Types.TryGetValue(word, out var type) ? type : throw tensor.Wrong(tensor.One("data_type")!, expected);
    }

    private static ImmutableArray<long> Shape(ConfigFields fields, string name, bool hasBatchDimension)
    {
        var shape = fields.Integers(name, -1, int.MaxValue).ToImmutableArray();
        return shape.Contains(0)
            ? throw fields.Wrong(fields.All(name).ElementAt(shape.IndexOf(0)), "a size from 1, or -1 for a free dimension")
            : hasBatchDimension ? [-1, .. shape] : shape;
    }

    /// <summary>The graph's shape if it differs from the callers'; otherwise null.</summary>
    private static ImmutableArray<long>? Reshape(ConfigFields tensor, ImmutableArray<long> dims, bool hasBatchDimension)
    {
        if (tensor.Message("reshape") is not { } reshape)
        {
            return null;
        }

        var shape = Shape(reshape, "shape", hasBatchDimension);
        reshape.WarnOfUnread();
        var isShort = dims.Length <= ManifestRanges.MaxRank && shape.Length <= ManifestRanges.MaxRank;
        if (!isShort || !Sizes(dims).SequenceEqual(Sizes(shape)))
        {
            throw tensor.Wrong(
                tensor.One("reshape")!,
                isShort
                    ? $"a shape with as many elements as 'dims' {TensorShape.Format(dims)} has, before, between and behind free dimensions"
                    : $"at most {ManifestRanges.MaxRank} dimensions in it and in 'dims'");
        }

        return shape.SequenceEqual(dims) ? null : shape;
    }

    /// <summary>The number of elements of the fixed dimensions before, between and after the free ones.</summary>
    private static List<BigInteger> Sizes(ImmutableArray<long> shape)
    {
        var sizes = new List<BigInteger> { 1 };
        foreach (var size in shape)
        {
            if (size < 0)
            {
                sizes.Add(1);
            }
            else
            {
                sizes[^1] *= size;
            }
        }

        return sizes;
    }

    // Image formats are hints for clients.
    private static void Format(ConfigFields tensor)
    {
        const string Expected = "FORMAT_NONE, FORMAT_NHWC or FORMAT_NCHW";
        if (tensor.Word("format", Expected, "FORMAT_NONE", "FORMAT_NHWC", "FORMAT_NCHW") is not (
            null or "FORMAT_NONE" or "FORMAT_NHWC" or "FORMAT_NCHW"))
        {
            throw tensor.Wrong(tensor.One("format")!, Expected);
        }
    }
}
