using System.Text;

namespace Krewe.Serving.Tests.OnnxFiles;

/// <summary>Writes the protobuf wire format by hand, also what no builder would.</summary>
internal static class Wire
{
    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Bytes(int field, ReadOnlySpan<byte> content) =>
        [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)content.Length), .. content];

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Message(int field, params IEnumerable<byte[]> parts) => Bytes(field, [.. parts.SelectMany(part => part)]);

    /// <summary>A model of a graph and whatever else.</summary>
    public static byte[] Model(IEnumerable<byte[]> graph, params IEnumerable<byte[]> others) =>
        [.. Number(1, 8), .. Message(7, graph), .. Message(8, Number(2, 17)), .. others.SelectMany(part => part)];

    /// <summary>A tensor in another file.</summary>
    public static byte[] External(int field, string location) => Message(
        field, Text(8, "w"), Message(13, Text(1, "location"), Text(2, location)), Number(14, 1));
}
