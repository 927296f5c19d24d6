using System.Buffers.Binary;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Converts ONNX Runtime's outputs to <see cref="RunOutput"/>: numbers in place, strings packed.</summary>
internal static class OutputReader
{
    /// <summary>Takes ownership of <paramref name="value"/>. The result shares no memory with <paramref name="inputs"/>.</summary>
    public static RunOutput Read(OrtValue value, string name, RunInputs inputs)
    {
        if (!value.IsTensor)
        {
            throw KreweException.Unavailable($"output '{name}' is {value.OnnxType}; only tensors can be served");
        }

        var info = value.GetTensorTypeAndShape();
        var type = ElementTypes.FromNative(info.ElementDataType)
            ?? throw KreweException.Unavailable(
                $"output '{name}' has elements of type {info.ElementDataType}, which the protocol does not have");
        return type == TensorType.Bytes ? PackStrings(value, info) : ReadNumbers(value, info, type, name, inputs);
    }

    private static RunOutput ReadNumbers(OrtValue value, OrtTensorTypeAndShapeInfo info, TensorType type, string name, RunInputs inputs)
    {
        if (info.ElementCount > int.MaxValue / type.ElementSize())
        {
            throw KreweException.InvalidInput(
                $"output '{name}' {TensorShape.Format(info.Shape)} would be larger than 2 GiB; send fewer rows");
        }

        var data = value.GetTensorMutableRawData();
        if (inputs.Overlap(data))
        {
            return Copy(value, info, type, data);
        }

        var memory = new NativeTensorMemory(value, data, CallMemory.Shared.Reserve(data.Length));
        return new RunOutput(type, info.Shape, memory.Memory, new SharedBuffer(memory));
    }

    /// <summary>
    /// ONNX Runtime returns an input that is also an output without a copy, but the input's memory is released before the response is
    /// written.
    /// </summary>
    private static RunOutput Copy(OrtValue value, OrtTensorTypeAndShapeInfo info, TensorType type, ReadOnlySpan<byte> data)
    {
        var copy = PooledBuffer.Rent(data.Length);
        data.CopyTo(copy.Span);
        value.Dispose();
        return new RunOutput(type, info.Shape, copy.Memory, new SharedBuffer(copy));
    }

    private static RunOutput PackStrings(OrtValue value, OrtTensorTypeAndShapeInfo info)
    {
        var count = checked((int)info.ElementCount);
        long size = 0;
        for (var i = 0; i < count; i++)
        {
            size += BytesElements.PrefixSize + value.GetStringElementAsSpan(i).Length;
        }

        var packed = PooledBuffer.Rent(checked((int)size));
        var rest = packed.Span;
        for (var i = 0; i < count; i++)
        {
            var element = value.GetStringElementAsSpan(i);
            BinaryPrimitives.WriteInt32LittleEndian(rest, element.Length);
            element.CopyTo(rest[BytesElements.PrefixSize..]);
            rest = rest[(BytesElements.PrefixSize + element.Length)..];
        }

        value.Dispose();
        return new RunOutput(TensorType.Bytes, info.Shape, packed.Memory, new SharedBuffer(packed));
    }
}
