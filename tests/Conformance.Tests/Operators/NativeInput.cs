using System.Runtime.InteropServices;
using Krewe.Conformance.Tests.Wire;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>
/// An input in native memory, at an address divisible by 64 like ONNX Runtime's own tensors: some of its kernels sum in another
/// order where an input lies otherwise.
/// </summary>
internal sealed unsafe class NativeInput : IDisposable
{
    private const int Alignment = 64;
    private readonly void* memory;

    public NativeInput(WireTensor tensor)
    {
        if (tensor.Datatype == DatatypeTable.Bytes)
        {
            Value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
            foreach (var (index, element) in tensor.Elements().Index())
            {
                Value.StringTensorSetElementAt(element.AsSpan(), index);
            }

            return;
        }

        memory = NativeMemory.AlignedAlloc((nuint)(tensor.Data.Length + Alignment), Alignment);
        tensor.Data.CopyTo(new Span<byte>(memory, tensor.Data.Length));
        Value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, DatatypeTable.ToNative(tensor.Datatype), tensor.Shape, (nint)memory, tensor.Data.Length);
    }

    public OrtValue Value { get; }

    public void Dispose()
    {
        Value.Dispose();
        NativeMemory.AlignedFree(memory);
    }
}
