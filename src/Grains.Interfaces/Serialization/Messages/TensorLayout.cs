using System.Buffers;
using Krewe.Abstractions.Tensors;
using Orleans.Serialization.Buffers;
using PooledBuffer = Krewe.Abstractions.Buffers.PooledBuffer;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// The layout of a message's tensor data, on the wire and in the receiver's buffer: consecutive, each at a multiple of
/// <see cref="PooledBuffer.Alignment"/>, zero-padded. One copy thus brings all of them to aligned addresses.
/// </summary>
internal static class TensorLayout
{
    private static readonly byte[] Zeros = new byte[PooledBuffer.Alignment];

    public static long Align(long position) => (position + (PooledBuffer.Alignment - 1)) & -PooledBuffer.Alignment;

    /// <summary>The length of all data in bytes.</summary>
    public static long LengthOf(IReadOnlyList<Tensor> tensors)
    {
        long position = 0;
        for (var i = 0; i < tensors.Count; i++)
        {
            position = tensors[i].Data.IsEmpty ? position : Align(position) + tensors[i].Data.Length;
        }

        return position;
    }

    public static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, IReadOnlyList<Tensor> tensors)
        where TBufferWriter : IBufferWriter<byte>
    {
        long position = 0;
        for (var i = 0; i < tensors.Count; i++)
        {
            var data = tensors[i].Data.Span;
            if (!data.IsEmpty)
            {
                var start = Align(position);
                writer.Write(Zeros.AsSpan(0, (int)(start - position)));
                writer.Write(data);
                position = start + data.Length;
            }
        }
    }
}
