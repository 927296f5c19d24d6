namespace Krewe.Serving.OnnxFiles;

/// <summary>What no honest ONNX file passes; a hostile one ends with an error there instead of taking time or memory.</summary>
internal static class OnnxLimits
{
    /// <summary>The longest file, in bytes: protobuf itself goes no further. Larger models keep weights in external files.</summary>
    public const long FileBytes = int.MaxValue;

    /// <summary>Messages inside messages. ONNX Runtime's own reader stops at 100.</summary>
    public const int Depth = 100;

    /// <summary>Fields in one file, each of which costs a few nanoseconds.</summary>
    public const long Fields = 100_000_000;

    /// <summary>Bytes of one name.</summary>
    public const int NameBytes = 4096;

    /// <summary>Bytes kept in memory from one file: names, shapes, locations.</summary>
    public const long KeptBytes = 64 << 20;

    /// <summary>Bytes kept of one graph's nodes and small constants; a larger graph is served without being looked into.</summary>
    public const long GraphBytes = 64 << 20;

    /// <summary>Values of one constant that are kept: shapes, axes and scales have few.</summary>
    public const int ConstantValues = 256;

    /// <summary>Dimensions of one shape.</summary>
    public const int Rank = 256;
}
