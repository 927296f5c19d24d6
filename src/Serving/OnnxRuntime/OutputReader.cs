using System.Buffers.Binary;
using Krewe.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>Turns what ONNX Runtime gives back into <see cref="RunOutput"/>: numbers where they lie, strings packed.</summary>
internal static class OutputReader
{
    /// <summary>Takes over <paramref name="value"/>.</summary>
    public static RunOutput Read(OrtValue value, string name)
    {
        if (!value.IsTensor)
        {
            throw KreweException.Unavailable($"output '{name}' is {value.OnnxType}; only tensors can be served");
        }

        var info = value.GetTensorTypeAndShape();
        var type = ElementTypes.FromNative(info.ElementDataType)
            ?? throw KreweException.Unavailable($"output '{name}' has elements of type {info.ElementDataType}, which the protocol does not have");
        return type == TensorType.Bytes ? PackStrings(value, info) : ReadNumbers(value, info, type, name);
    }

    private static RunOutput ReadNumbers(OrtValue value, OrtTensorTypeAndShapeInfo info, TensorType type, string name)
    {
        if (info.ElementCount > int.MaxValue / type.ElementSize())
        {
            throw KreweException.InvalidInput($"output '{name}' {TensorShape.Format(info.Shape)} would be larger than 2 GiB; send fewer rows");
        }

        var memory = new NativeTensorMemory(value);
        return new RunOutput(type, info.Shape, memory.Memory, new SharedBuffer(memory));
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
