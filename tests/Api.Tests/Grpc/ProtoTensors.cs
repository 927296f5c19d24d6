using System.Runtime.InteropServices;
using Google.Protobuf;
using Krewe.Abstractions.Tensors;
using Proto = Inference;

namespace Krewe.Api.Tests.Grpc;

/// <summary>Tensors as the generated messages have them.</summary>
internal static class ProtoTensors
{
    public static Proto.ModelInferRequest RequestOf(bool isRaw, params Tensor[] inputs)
    {
        var request = new Proto.ModelInferRequest { ModelName = "m" };
        foreach (var input in inputs)
        {
            request.Inputs.Add(new Proto.ModelInferRequest.Types.InferInputTensor
            {
                Name = input.Name, Datatype = input.Type.WireName(), Shape = { input.Shape }, Contents = isRaw ? null : ContentsOf(input),
            });
            if (isRaw)
            {
                request.RawInputContents.Add(ByteString.CopyFrom(input.Data.Span));
            }
        }

        return request;
    }

    public static Proto.ModelInferRequest Floats(params float[] values) =>
        RequestOf(isRaw: false, TensorOf.Values<float>("x", [values.Length], values));

    /// <summary>The data of an output in the form of tensors.</summary>
    public static byte[] DataOf(Proto.ModelInferResponse response, int index)
    {
        if (response.RawOutputContents.Count > 0)
        {
            return response.RawOutputContents[index].ToByteArray();
        }

        var (contents, type) = (response.Outputs[index].Contents, response.Outputs[index].Datatype);
        return type switch
        {
            "BOOL" => [.. contents.BoolContents.Select(static value => (byte)(value ? 1 : 0))],
            "INT8" => [.. contents.IntContents.Select(static value => (byte)(sbyte)value)],
            "INT16" => Bytes<short>([.. contents.IntContents.Select(static value => (short)value)]),
            "INT32" => Bytes<int>([.. contents.IntContents]),
            "INT64" => Bytes<long>([.. contents.Int64Contents]),
            "UINT8" => [.. contents.UintContents.Select(static value => (byte)value)],
            "UINT16" => Bytes<ushort>([.. contents.UintContents.Select(static value => (ushort)value)]),
            "UINT32" => Bytes<uint>([.. contents.UintContents]),
            "UINT64" => Bytes<ulong>([.. contents.Uint64Contents]),
            "FP32" => Bytes<float>([.. contents.Fp32Contents]),
            "FP64" => Bytes<double>([.. contents.Fp64Contents]),
            _ => [.. contents.BytesContents.SelectMany(static element => (byte[])[.. BitConverter.GetBytes(element.Length), .. element])],
        };
    }

    private static Proto.InferTensorContents ContentsOf(Tensor tensor)
    {
        var contents = new Proto.InferTensorContents();
        switch (tensor.Type)
        {
            case TensorType.Bool: contents.BoolContents.AddRange(tensor.Data.ToArray().Select(static value => value == 1)); break;
            case TensorType.Int8: contents.IntContents.AddRange(Values<sbyte>(tensor).Select(static value => (int)value)); break;
            case TensorType.Int16: contents.IntContents.AddRange(Values<short>(tensor).Select(static value => (int)value)); break;
            case TensorType.Int32: contents.IntContents.AddRange(Values<int>(tensor)); break;
            case TensorType.Int64: contents.Int64Contents.AddRange(Values<long>(tensor)); break;
            case TensorType.UInt8: contents.UintContents.AddRange(Values<byte>(tensor).Select(static value => (uint)value)); break;
            case TensorType.UInt16: contents.UintContents.AddRange(Values<ushort>(tensor).Select(static value => (uint)value)); break;
            case TensorType.UInt32: contents.UintContents.AddRange(Values<uint>(tensor)); break;
            case TensorType.UInt64: contents.Uint64Contents.AddRange(Values<ulong>(tensor)); break;
            case TensorType.Float32: contents.Fp32Contents.AddRange(Values<float>(tensor)); break;
            case TensorType.Float64: contents.Fp64Contents.AddRange(Values<double>(tensor)); break;
            default:
                foreach (var element in new BytesElements(tensor.Data.Span))
                {
                    contents.BytesContents.Add(ByteString.CopyFrom(element));
                }

                break;
        }

        return contents;
    }

    private static T[] Values<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Data.Span).ToArray();

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
