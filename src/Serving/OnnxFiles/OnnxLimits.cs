namespace Krewe.Serving.OnnxFiles;

/// <summary>Limits that no legitimate ONNX file exceeds, so that a malicious one fails fast instead of using time or memory.</summary>
internal static class OnnxLimits
{
    /// <summary>The maximum file size, in bytes: the limit of protobuf. Larger models keep weights in external files.</summary>
    public const long FileBytes = int.MaxValue;

    /// <summary>The maximum nesting depth of messages. ONNX Runtime's own reader stops at 100.</summary>
    public const int Depth = 100;

    /// <summary>The maximum number of fields in a file; each costs a few nanoseconds.</summary>
    public const long Fields = 100_000_000;

    /// <summary>The maximum length of a name, in bytes.</summary>
    public const int NameBytes = 4096;

    /// <summary>The maximum memory kept from one file (names, shapes, locations), in bytes.</summary>
    public const long KeptBytes = 64 << 20;

    /// <summary>
    /// The maximum memory for one graph's nodes and small constants, in bytes; a larger graph is served without row analysis.
    /// </summary>
    public const long GraphBytes = 64 << 20;

    /// <summary>The maximum number of values kept of a constant: shapes, axes and scales have few.</summary>
    public const int ConstantValues = 256;

    /// <summary>The maximum rank.</summary>
    public const int Rank = 256;
}
