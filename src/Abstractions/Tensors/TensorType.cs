namespace Krewe.Abstractions.Tensors;

/// <summary>The element types of the Open Inference Protocol. The numbers are stable: they are sent between nodes.</summary>
public enum TensorType : byte
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool = 1,
    UInt8 = 2,
    UInt16 = 3,
    UInt32 = 4,
    UInt64 = 5,
    Int8 = 6,
    Int16 = 7,
    Int32 = 8,
    Int64 = 9,

    /// <summary>IEEE 754 half precision.</summary>
    Float16 = 10,

    /// <summary>The upper half of an IEEE 754 single.</summary>
    BFloat16 = 11,
    Float32 = 12,
    Float64 = 13,

    /// <summary>Byte strings: per element a 32-bit little-endian length, then that many bytes. ONNX strings are sent as UTF-8.</summary>
    Bytes = 14,
}
