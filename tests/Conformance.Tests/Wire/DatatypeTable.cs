using Krewe.Onnx.Building;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>The datatypes of the protocol, and what ONNX and ONNX Runtime call them.</summary>
internal static class DatatypeTable
{
    public const string Bytes = "BYTES";

    private static readonly (string Name, int Size, TensorType Onnx, TensorElementType Native)[] All =
    [
        ("BOOL", 1, TensorType.Bool, TensorElementType.Bool),
        ("UINT8", 1, TensorType.UInt8, TensorElementType.UInt8),
        ("UINT16", 2, TensorType.UInt16, TensorElementType.UInt16),
        ("UINT32", 4, TensorType.UInt32, TensorElementType.UInt32),
        ("UINT64", 8, TensorType.UInt64, TensorElementType.UInt64),
        ("INT8", 1, TensorType.Int8, TensorElementType.Int8),
        ("INT16", 2, TensorType.Int16, TensorElementType.Int16),
        ("INT32", 4, TensorType.Int32, TensorElementType.Int32),
        ("INT64", 8, TensorType.Int64, TensorElementType.Int64),
        ("FP16", 2, TensorType.Float16, TensorElementType.Float16),
        ("BF16", 2, TensorType.BFloat16, TensorElementType.BFloat16),
        ("FP32", 4, TensorType.Float, TensorElementType.Float),
        ("FP64", 8, TensorType.Double, TensorElementType.Double),
        (Bytes, 0, TensorType.String, TensorElementType.String),
    ];

    public static IEnumerable<string> Names => All.Select(static type => type.Name);

    /// <summary>Whether the datatype may travel as JSON.</summary>
    public static bool HasJsonForm(string name) => name is not ("FP16" or "BF16");

    public static int SizeOf(string name) => Find(name).Size;

    public static TensorType ToOnnx(string name) => Find(name).Onnx;

    public static TensorElementType ToNative(string name) => Find(name).Native;

    /// <summary>Null for what the protocol does not have.</summary>
    public static string? FromOnnx(int type) => All.FirstOrDefault(known => (int)known.Onnx == type).Name;

    /// <summary>Null for what the protocol does not have.</summary>
    public static string? FromNative(TensorElementType type) => All.FirstOrDefault(known => known.Native == type).Name;

    public static string Of<T>()
        where T : unmanaged => default(T) switch
        {
            bool => "BOOL",
            byte => "UINT8",
            ushort => "UINT16",
            uint => "UINT32",
            ulong => "UINT64",
            sbyte => "INT8",
            short => "INT16",
            int => "INT32",
            long => "INT64",
            Half => "FP16",
            float => "FP32",
            double => "FP64",
            _ => throw new ArgumentException($"no datatype for {typeof(T)}"),
        };

    private static (string Name, int Size, TensorType Onnx, TensorElementType Native) Find(string name) =>
        All.Single(known => known.Name == name);
}
