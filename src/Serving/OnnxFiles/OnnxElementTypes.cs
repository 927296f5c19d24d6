using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>The element types of ONNX (<c>TensorProto.DataType</c>).</summary>
internal static class OnnxElementTypes
{
    private static readonly (string Name, TensorType? Type)[] ByNumber =
    [
        ("undefined", null), ("float", TensorType.Float32), ("uint8", TensorType.UInt8), ("int8", TensorType.Int8),
        ("uint16", TensorType.UInt16), ("int16", TensorType.Int16), ("int32", TensorType.Int32), ("int64", TensorType.Int64),
        ("string", TensorType.Bytes), ("bool", TensorType.Bool), ("float16", TensorType.Float16), ("double", TensorType.Float64),
        ("uint32", TensorType.UInt32), ("uint64", TensorType.UInt64), ("complex64", null), ("complex128", null),
        ("bfloat16", TensorType.BFloat16), ("float8e4m3fn", null), ("float8e4m3fnuz", null), ("float8e5m2", null),
        ("float8e5m2fnuz", null), ("uint4", null), ("int4", null), ("float4e2m1", null),
    ];

    /// <summary>The type the protocol has for it, or null.</summary>
    public static TensorType? Map(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number].Type : null;

    /// <summary>The name ONNX has for it.</summary>
    public static string Name(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number].Name : $"type {number}";
}
