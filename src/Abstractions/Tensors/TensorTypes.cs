using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Krewe.Abstractions.Tensors;

/// <summary>Names and sizes of the element types.</summary>
public static class TensorTypes
{
    private static readonly (string Name, int Size)[] ByType =
    [
        ("", 0), ("BOOL", 1), ("UINT8", 1), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8), ("INT8", 1), ("INT16", 2), ("INT32", 4),
        ("INT64", 8), ("FP16", 2), ("BF16", 2), ("FP32", 4), ("FP64", 8), ("BYTES", 0),
    ];

    private static readonly FrozenDictionary<string, TensorType> ByName =
        Enum.GetValues<TensorType>().ToFrozenDictionary(WireName, StringComparer.Ordinal);

    /// <summary>All wire names, for error messages: <c>BOOL, UINT8, ...</c>.</summary>
    public static string AllWireNames { get; } = string.Join(", ", Enum.GetValues<TensorType>().Select(WireName));

    /// <summary>The Open Inference Protocol name, such as <c>FP32</c>.</summary>
    public static string WireName(this TensorType type) => ByType[(int)type].Name;

    /// <summary>The size of one element in bytes; 0 for <see cref="TensorType.Bytes"/>, whose elements vary in length.</summary>
    public static int ElementSize(this TensorType type) => ByType[(int)type].Size;

    /// <summary>Parses a wire name, case-sensitively.</summary>
    public static bool TryParse([NotNullWhen(true)] string? wireName, out TensorType type)
    {
        type = default;
        return wireName is not null && ByName.TryGetValue(wireName, out type);
    }
}
