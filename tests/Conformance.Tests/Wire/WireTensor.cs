using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>A tensor as the binary form of the protocol has it: a wire datatype, a shape, and the bytes.</summary>
internal sealed record WireTensor(string Name, string Datatype, long[] Shape, byte[] Data)
{
    public static WireTensor Of<T>(string name, ReadOnlySpan<T> values, params long[] shape)
        where T : unmanaged => new(name, DatatypeTable.Of<T>(), shape, MemoryMarshal.AsBytes(values).ToArray());

    public static WireTensor Strings(string name, IEnumerable<byte[]> elements, params long[] shape) =>
        new(name, DatatypeTable.Bytes, shape, Pack(elements));

    public long Count => Shape.Aggregate(1L, static (count, size) => count * size);

    public T[] Values<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Data).ToArray();

    /// <summary>The elements of a BYTES tensor.</summary>
    public IEnumerable<byte[]> Elements()
    {
        for (var at = 0; at < Data.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(Data.AsSpan(at));
            yield return Data[(at + sizeof(int))..(at + sizeof(int) + length)];
            at += sizeof(int) + length;
        }
    }

    /// <summary>Whether this is the other tensor bit for bit; any NaN equals any NaN where <paramref name="anyNaN"/> says so.</summary>
    public bool Equals(WireTensor other, bool anyNaN) =>
        Name == other.Name && Datatype == other.Datatype && Shape.AsSpan().SequenceEqual(other.Shape)
        && (Data.AsSpan().SequenceEqual(other.Data) || (anyNaN && Normal().AsSpan().SequenceEqual(other.Normal())));

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} {Datatype}[{string.Join(',', Shape)}] {Preview()}");

    public static byte[] Pack(IEnumerable<byte[]> elements)
    {
        var packed = new List<byte>();
        foreach (var element in elements)
        {
            packed.AddRange(BitConverter.GetBytes(element.Length));
            packed.AddRange(element);
        }

        return [.. packed];
    }

    /// <summary>The data with one and the same NaN in place of all of them.</summary>
    private byte[] Normal() => Datatype switch
    {
        "FP32" => MemoryMarshal.AsBytes(Values<float>().Select(static v => float.IsNaN(v) ? float.NaN : v).ToArray().AsSpan()).ToArray(),
        "FP64" => MemoryMarshal.AsBytes(Values<double>().Select(static v => double.IsNaN(v) ? double.NaN : v).ToArray().AsSpan()).ToArray(),
        "FP16" => MemoryMarshal.AsBytes(Values<Half>().Select(static v => Half.IsNaN(v) ? Half.NaN : v).ToArray().AsSpan()).ToArray(),
        "BF16" => MemoryMarshal.AsBytes(Values<ushort>().Select(static v => (v & 0x7FFF) > 0x7F80 ? (ushort)0x7FC0 : v).ToArray().AsSpan()).ToArray(),
        _ => Data,
    };

    private string Preview() => Datatype switch
    {
        "FP32" => string.Join(',', Values<float>().Take(8)),
        DatatypeTable.Bytes => string.Join(',', Elements().Take(8).Select(Encoding.UTF8.GetString)),
        _ => Convert.ToHexString(Data.AsSpan(0, Math.Min(Data.Length, 64))),
    };
}
