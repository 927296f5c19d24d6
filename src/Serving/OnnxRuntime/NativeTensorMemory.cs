using System.Buffers;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Memory;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Exposes a tensor owned by ONNX Runtime as <see cref="Memory{T}"/>; disposing releases it.</summary>
internal sealed unsafe class NativeTensorMemory : MemoryManager<byte>
{
    private readonly OrtValue value;
    private readonly MemoryReservation? reservation;
    private readonly byte* start;
    private readonly int length;

    /// <summary>Takes ownership of the tensor and of what is reserved for it; <paramref name="data"/> are its elements.</summary>
    public NativeTensorMemory(OrtValue value, Span<byte> data, MemoryReservation? reservation)
    {
        (this.value, this.reservation) = (value, reservation);
        length = data.Length;
        fixed (byte* first = data)
        {
            // Native memory does not move after this scope.
            start = first;
        }
    }

    public override Span<byte> GetSpan() => new(start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            FreedMemory.Poison(GetSpan());
            value.Dispose();
            reservation?.Dispose();
        }
    }
}
