using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Grpc.Wire;

/// <summary>The fields of <c>InferTensorContents</c>.</summary>
internal static class ContentsField
{
    private static readonly string[] Names =
        ["", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents", "fp32_contents", "fp64_contents",
            "bytes_contents"];

    /// <summary>The number of the field with the elements of a type; 0 for FP16 and BF16, which have none.</summary>
    public static int Of(TensorType type) => type switch
    {
        TensorType.Bool => 1,
        TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => 2,
        TensorType.Int64 => 3,
        TensorType.UInt8 or TensorType.UInt16 or TensorType.UInt32 => 4,
        TensorType.UInt64 => 5,
        TensorType.Float32 => 6,
        TensorType.Float64 => 7,
        TensorType.Bytes => 8,
        _ => 0,
    };

    /// <summary>The name of a field.</summary>
    public static string NameOf(int number) => Names[number];

    /// <summary>True for a field that a tensor may have.</summary>
    public static bool IsKnown(int number) => number > 0 && number < Names.Length;
}
