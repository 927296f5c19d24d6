using System.Buffers;
using Krewe.Abstractions.Buffers;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>The memory of a tensor that ONNX Runtime owns, seen as <see cref="Memory{T}"/>; disposing gives it back.</summary>
internal sealed unsafe class NativeTensorMemory : MemoryManager<byte>
{
    private readonly OrtValue value;
    private readonly byte* start;
    private readonly int length;

    /// <summary>Takes over the tensor, whose elements are <paramref name="data"/>.</summary>
    public NativeTensorMemory(OrtValue value, Span<byte> data)
    {
        this.value = value;
        length = data.Length;
        fixed (byte* first = data)
        {
            // Native memory: it does not move when this scope ends.
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
        }
    }
}
