namespace Krewe.Benchmarks.Hostile;

/// <summary>What the linked hostile requests want of their own project, where more of it needs the test framework and ONNX Runtime.</summary>
internal static class Datatypes
{
    public static IEnumerable<string> Names { get; } =
    [
        "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES",
    ];
}
