using System.Runtime.InteropServices;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Protobuf;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>Reads tensors that are stored as ONNX files (<c>TensorProto</c>).</summary>
internal static class TensorFile
{
    /// <summary>Reads one; null where its datatype is none of the protocol.</summary>
    public static WireTensor? Read(string path, string name)
    {
        var message = TensorProto.Parser.ParseFrom(File.ReadAllBytes(path));
        if (DatatypeTable.FromOnnx(message.DataType) is not { } datatype)
        {
            return null;
        }

        long[] shape = [.. message.Dims];
        return datatype == DatatypeTable.Bytes
            ? WireTensor.Strings(name, message.StringData.Select(static element => element.ToByteArray()), shape)
            : new WireTensor(name, datatype, shape, message.HasRawData ? message.RawData.ToByteArray() : TypedData(message, datatype));
    }

    private static byte[] TypedData(TensorProto message, string datatype) => datatype switch
    {
        "FP32" => Bytes(message.FloatData),
        "FP64" => Bytes(message.DoubleData),
        "INT64" => Bytes(message.Int64Data),
        "UINT64" => Bytes(message.Uint64Data),
        "UINT32" => Bytes(message.Uint64Data.Select(static value => (uint)value)),
        "INT32" => Bytes(message.Int32Data),
        "INT16" => Bytes(message.Int32Data.Select(static value => (short)value)),
        "UINT16" or "FP16" or "BF16" => Bytes(message.Int32Data.Select(static value => (ushort)value)),
        _ => Bytes(message.Int32Data.Select(static value => (byte)value)),
    };

    private static byte[] Bytes<T>(IEnumerable<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray();
}
