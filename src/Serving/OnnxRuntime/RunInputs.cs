using System.Buffers;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// The inputs of one run in ONNX Runtime's form: numbers pinned in place; strings, and numbers not aligned to
/// <see cref="PooledBuffer.Alignment"/>, copied.
/// </summary>
internal sealed unsafe class RunInputs : IDisposable
{
    // ONNX Runtime requires a pointer even for an empty tensor.
    private static readonly byte[] Nothing = GC.AllocateArray<byte>(PooledBuffer.Alignment, pinned: true);

    private readonly OrtValue[] values;
    private readonly MemoryHandle[] pins;
    private readonly int[] pinnedLengths;
    private readonly PooledBuffer?[] copies;

    public RunInputs(ReadOnlySpan<TensorData> inputs)
    {
        values = new OrtValue[inputs.Length];
        pins = new MemoryHandle[inputs.Length];
        pinnedLengths = new int[inputs.Length];
        copies = new PooledBuffer?[inputs.Length];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                values[i] = inputs[i].Type == TensorType.Bytes ? CopyStrings(inputs[i]) : CreateOver(inputs[i], i);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<OrtValue> Values => values;

    /// <summary>Whether the memory overlaps an input.</summary>
    public bool Overlap(ReadOnlySpan<byte> memory)
    {
        for (var i = 0; i < pins.Length; i++)
        {
            if (memory.Overlaps(new ReadOnlySpan<byte>(pins[i].Pointer, pinnedLengths[i])))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i]?.Dispose();
            pins[i].Dispose();
            copies[i]?.Dispose();
        }
    }

    private OrtValue CreateOver(in TensorData input, int index) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, ElementTypes.ToNative(input.Type), input.Shape, Pin(input.Data, index), input.Data.Length);

    private nint Pin(ReadOnlyMemory<byte> data, int index)
    {
        pinnedLengths[index] = data.Length;
        pins[index] = data.IsEmpty ? Nothing.AsMemory().Pin() : data.Pin();
        if (data.IsEmpty || ((nint)pins[index].Pointer & (PooledBuffer.Alignment - 1)) == 0)
        {
            return (nint)pins[index].Pointer;
        }

        var copy = copies[index] = PooledBuffer.Rent(data.Length);
        data.Span.CopyTo(copy.Span);
        pins[index].Dispose();
        pins[index] = copy.Memory.Pin();
        return (nint)pins[index].Pointer;
    }

    private static OrtValue CopyStrings(in TensorData input)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, input.Shape);
        var index = 0;
        foreach (var element in new BytesElements(input.Data.Span))
        {
            value.StringTensorSetElementAt(element, index++);
        }

        return value;
    }
}
