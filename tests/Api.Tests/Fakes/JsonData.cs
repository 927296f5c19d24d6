using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Tests.Fakes;

/// <summary>The JSON form of tensor data as the platform's own library writes and reads it.</summary>
internal static class JsonData
{
    /// <summary>The data of a tensor, flat or nested.</summary>
    public static string Of(Tensor tensor, bool nested)
    {
        var values = Values(tensor);
        return nested && tensor.Shape.Length > 0 && tensor.ElementCount > 0 ? Nest(values, tensor.Shape.AsSpan()) : $"[{string.Join(",", values)}]";
    }

    /// <summary>The binary form of a flat array.</summary>
    public static byte[] ToBytes(JsonElement array, TensorType type) =>
        [.. array.EnumerateArray().SelectMany(e => type == TensorType.Bytes ? Tensors.Element(e.GetString()!) : Bytes(e, type))];

    private static string Nest(Span<string> values, ReadOnlySpan<long> shape)
    {
        if (shape.IsEmpty)
        {
            return values[0];
        }

        var size = values.Length / (int)shape[0];
        var parts = new List<string>();
        for (var i = 0; i < shape[0]; i++)
        {
            parts.Add(Nest(values.Slice(i * size, size), shape[1..]));
        }

        return $"[ {string.Join(" ,\n", parts)} ]";
    }

    private static string[] Values(Tensor tensor)
    {
        if (tensor.Type == TensorType.Bytes)
        {
            var texts = new List<string>();
            foreach (var element in new BytesElements(tensor.Data.Span))
            {
                texts.Add(JsonSerializer.Serialize(Encoding.UTF8.GetString(element)));
            }

            return [.. texts];
        }

        return tensor.Type switch
        {
            TensorType.Bool => [.. tensor.Data.ToArray().Select(b => b == 1 ? "true" : "false")],
            TensorType.UInt8 => Format<byte>(tensor),
            TensorType.UInt16 => Format<ushort>(tensor),
            TensorType.UInt32 => Format<uint>(tensor),
            TensorType.UInt64 => Format<ulong>(tensor),
            TensorType.Int8 => Format<sbyte>(tensor),
            TensorType.Int16 => Format<short>(tensor),
            TensorType.Int32 => Format<int>(tensor),
            TensorType.Int64 => Format<long>(tensor),
            TensorType.Float32 => Format<float>(tensor),
            _ => Format<double>(tensor),
        };
    }

    private static string[] Format<T>(Tensor tensor)
        where T : unmanaged, IFormattable =>
        [.. MemoryMarshal.Cast<byte, T>(tensor.Data.Span).ToArray().Select(v => v.ToString(null, CultureInfo.InvariantCulture) switch
        {
            "NaN" or "Infinity" or "-Infinity" => $"\"{v.ToString(null, CultureInfo.InvariantCulture)}\"",
            var number => number,
        })];

    private static byte[] Bytes(JsonElement value, TensorType type) => type switch
    {
        TensorType.Bool => [value.GetBoolean() ? (byte)1 : (byte)0],
        TensorType.UInt8 => [value.GetByte()],
        TensorType.UInt16 => BitConverter.GetBytes(value.GetUInt16()),
        TensorType.UInt32 => BitConverter.GetBytes(value.GetUInt32()),
        TensorType.UInt64 => BitConverter.GetBytes(value.GetUInt64()),
        TensorType.Int8 => [(byte)value.GetSByte()],
        TensorType.Int16 => BitConverter.GetBytes(value.GetInt16()),
        TensorType.Int32 => BitConverter.GetBytes(value.GetInt32()),
        TensorType.Int64 => BitConverter.GetBytes(value.GetInt64()),
        TensorType.Float32 => BitConverter.GetBytes(value.ValueKind == JsonValueKind.String ? float.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetSingle()),
        _ => BitConverter.GetBytes(value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble()),
    };
}
