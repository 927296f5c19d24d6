using System.Runtime.InteropServices;
using System.Text;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Datatypes;

/// <summary>Values at which conversions break, as elements in binary form.</summary>
internal static class Extremes
{
    private const int RandomPatterns = 2000;

    /// <summary>Values that JSON can say, with NaN as its word.</summary>
    public static IReadOnlyList<byte[]> InJson(string datatype) => datatype switch
    {
        "BOOL" => Of(true, false),
        "UINT8" => Of(byte.MinValue, (byte)1, byte.MaxValue),
        "UINT16" => Of(ushort.MinValue, (ushort)256, ushort.MaxValue),
        "UINT32" => Of(uint.MinValue, (uint)int.MaxValue, uint.MaxValue),
        "UINT64" => Of(ulong.MinValue, (ulong)long.MaxValue, (1UL << 53) + 1, ulong.MaxValue),
        "INT8" => Of(sbyte.MinValue, (sbyte)-1, (sbyte)0, sbyte.MaxValue),
        "INT16" => Of(short.MinValue, (short)-1, (short)0, short.MaxValue),
        "INT32" => Of(int.MinValue, -1, 0, int.MaxValue),
        "INT64" => Of(long.MinValue, -1L, 0L, (1L << 53) + 1, long.MaxValue),
        "FP32" => [.. Singles(), .. Patterns(sizeof(float))],
        "FP64" => [.. Doubles(), .. Patterns(sizeof(double))],
        DatatypeTable.Bytes => Strings(),
        _ => [],
    };

    /// <summary>Values that only the binary form carries.</summary>
    public static IReadOnlyList<byte[]> BinaryOnly(string datatype) => datatype switch
    {
        // Quiet NaNs of both signs whose payload must survive.
        "FP32" => Of(0x7FC12345u, 0xFFC00001u),
        "FP64" => Of(0x7FF8123456789ABCul, 0xFFF8000000000001ul),
        "FP16" =>
        [
            .. Of(Half.MinValue, Half.MaxValue, Half.Epsilon, Half.NegativeZero, Half.PositiveInfinity), .. Of<ushort>(0x7E12, 0xFE01),
        ],
        "BF16" => Of<ushort>(0, 0x8000, 1, 0x3F80, 0x7F7F, 0x7F80, 0xFF80, 0x7FC1, 0xFFC1),
        DatatypeTable.Bytes => [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [.. Enumerable.Range(0, 256).Select(static b => (byte)b)]],
        _ => [],
    };

    private static List<byte[]> Singles() => Of(
        0f, -0f, 1f, -1f, 0.1f, float.Epsilon, -float.Epsilon, 1.1754942E-38f, 1.17549435E-38f, float.MinValue, float.MaxValue,
        16777217f, 3.4028233E+38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN);

    private static List<byte[]> Doubles() => Of(
        0d, -0d, 1d, -1d, 0.1, double.Epsilon, -double.Epsilon, 2.2250738585072009E-308, 2.2250738585072014E-308, double.MinValue,
        double.MaxValue, 9007199254740993d, 5e-324, 1e23, double.PositiveInfinity, double.NegativeInfinity, double.NaN);

    private static List<byte[]> Strings() =>
    [
        .. new[]
        {
            "", "a", "ünïcödé", "日本語", "🚀👩‍👩‍👧", "\0", "a\0b", "\"\\/\b\f\n\r\t\u0001\u001F\u007F\u2028", "\uFEFFbom",
            new string('x', 10_000),
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Random bits that are a number; the same each time.</summary>
    private static IEnumerable<byte[]> Patterns(int size)
    {
        var random = new SeededRandom(42);
        for (var i = 0; i < RandomPatterns; i++)
        {
            var bits = BitConverter.GetBytes(random.NextUInt64())[..size];
            if (size == sizeof(float) ? float.IsFinite(BitConverter.ToSingle(bits)) : double.IsFinite(BitConverter.ToDouble(bits)))
            {
                yield return bits;
            }
        }
    }

    private static List<byte[]> Of<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var elements = new List<byte[]>();
        foreach (ref readonly var value in values)
        {
            elements.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray());
        }

        return elements;
    }
}
