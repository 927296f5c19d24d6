using System.Buffers;
using Krewe.Abstractions.Tensors;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The wire form of a message's tensors: all data (see <see cref="TensorLayout"/>), the count, and a header for each.</summary>
internal static class TensorSet
{
    private const uint DataField = 1;
    private const uint CountField = 2;
    private const uint TensorField = 3;

    /// <summary>Writes the tensors straight from their memory; nothing if there are none.</summary>
    public static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, ref uint last, uint id, IReadOnlyList<Tensor> tensors)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (tensors.Count == 0)
        {
            return;
        }

        writer.WriteHeader(ref last, id, WireType.TagDelimited);
        uint inner = 0;
        if (TensorLayout.LengthOf(tensors) is > 0 and var length)
        {
            writer.WriteHeader(ref inner, DataField, WireType.LengthPrefixed);
            writer.WriteVarUInt32(checked((uint)length));
            TensorLayout.Write(ref writer, tensors);
        }

        writer.WriteNumber(ref inner, CountField, tensors.Count);
        for (var i = 0; i < tensors.Count; i++)
        {
            TensorHeader.Write(ref writer, ref inner, TensorField, tensors[i]);
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads the tensors into <paramref name="received"/>, whose memory the caller owns even if this throws.</summary>
    /// <param name="reader">The message.</param>
    /// <param name="field">The field the tensors are in.</param>
    /// <param name="received">Must be empty.</param>
    /// <param name="shareMemory">Whether each tensor holds a reference to the memory; otherwise it is owned as a whole.</param>
    public static void Read<TInput>(ref Reader<TInput> reader, Field field, ref ReceivedTensors received, bool shareMemory)
    {
        reader.BeginObject(field);
        uint id = 0;
        while (reader.TryNextField(ref id, out var inner))
        {
            switch (id)
            {
                case DataField:
                    reader.ReadBytes(received.Rent(reader.ReadLength(inner)));
                    break;
                case CountField:
                    received.Begin(reader.ReadNumber(inner), reader.Remaining, shareMemory);
                    break;
                case TensorField:
                    received.Add(TensorHeader.Read(ref reader, inner));
                    break;
                default:
                    reader.SkipUnknown(inner);
                    break;
            }
        }

        received.Complete();
    }
}
