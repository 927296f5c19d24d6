using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>The JSON form of a tensor's data, written and read apart from the product's own code.</summary>
internal static class JsonData
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the data can be said in JSON: strings must be UTF-8.</summary>
    public static bool CanHold(WireTensor tensor) =>
        DatatypeTable.HasJsonForm(tensor.Datatype) && (tensor.Datatype != DatatypeTable.Bytes || tensor.Elements().All(IsUtf8));

    /// <summary>Writes the data as one array, or nested as the shape says.</summary>
    public static void Write(Utf8JsonWriter json, WireTensor tensor, bool nested)
    {
        var elements = Writers(tensor).GetEnumerator();
        if (nested && tensor.Shape.Length > 1 && tensor.Count > 0)
        {
            WriteLevel(json, tensor.Shape, elements);
            return;
        }

        json.WriteStartArray();
        while (elements.MoveNext())
        {
            elements.Current(json);
        }

        json.WriteEndArray();
    }

    /// <summary>Reads the data, flat or nested; every number must fit its datatype exactly as it stands.</summary>
    public static byte[] Read(JsonElement data, string datatype)
    {
        var elements = Flatten(data).ToList();
        return datatype switch
        {
            "BOOL" => Convert(elements, static e => e.GetBoolean()),
            "UINT8" => Convert(elements, static e => e.GetByte()),
            "UINT16" => Convert(elements, static e => e.GetUInt16()),
            "UINT32" => Convert(elements, static e => e.GetUInt32()),
            "UINT64" => Convert(elements, static e => e.GetUInt64()),
            "INT8" => Convert(elements, static e => e.GetSByte()),
            "INT16" => Convert(elements, static e => e.GetInt16()),
            "INT32" => Convert(elements, static e => e.GetInt32()),
            "INT64" => Convert(elements, static e => e.GetInt64()),
            "FP32" => Convert(elements, static e => e.ValueKind == JsonValueKind.String ? (float)Word(e) : e.GetSingle()),
            "FP64" => Convert(elements, static e => e.ValueKind == JsonValueKind.String ? Word(e) : e.GetDouble()),
            DatatypeTable.Bytes => WireTensor.Pack(elements.Select(static e => Strict.GetBytes(e.GetString()!))),
            _ => throw new InvalidOperationException($"{datatype} has no JSON form"),
        };
    }

    private static bool IsUtf8(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static double Word(JsonElement element) => element.GetString() switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        var other => throw new FormatException($"'{other}' is no number"),
    };

    private static byte[] Convert<T>(List<JsonElement> elements, Func<JsonElement, T> read)
        where T : unmanaged => MemoryMarshal.AsBytes(elements.Select(read).ToArray().AsSpan()).ToArray();

    private static IEnumerable<JsonElement> Flatten(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? element.EnumerateArray().SelectMany(Flatten)
        : [element];

    private static void WriteLevel(Utf8JsonWriter json, ReadOnlySpan<long> shape, IEnumerator<Action<Utf8JsonWriter>> elements)
    {
        json.WriteStartArray();
        for (var i = 0L; i < shape[0]; i++)
        {
            if (shape.Length > 1)
            {
                WriteLevel(json, shape[1..], elements);
            }
            else if (elements.MoveNext())
            {
                elements.Current(json);
            }
        }

        json.WriteEndArray();
    }

    private static IEnumerable<Action<Utf8JsonWriter>> Writers(WireTensor tensor) => tensor.Datatype switch
    {
        "BOOL" => tensor.Data.Select(static v => Writer(json => json.WriteBooleanValue(v != 0))),
        "UINT8" => tensor.Data.Select(static v => Writer(json => json.WriteNumberValue(v))),
        "UINT16" => tensor.Values<ushort>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "UINT32" => tensor.Values<uint>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "UINT64" => tensor.Values<ulong>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "INT8" => tensor.Values<sbyte>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "INT16" => tensor.Values<short>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "INT32" => tensor.Values<int>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "INT64" => tensor.Values<long>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        "FP32" => tensor.Values<float>().Select(static v => Writer(json => Number(json, v, static (json, v) => json.WriteNumberValue(v)))),
        "FP64" => tensor.Values<double>().Select(static v => Writer(json => Number(json, v, static (json, v) => json.WriteNumberValue(v)))),
        DatatypeTable.Bytes => tensor.Elements().Select(static v => Writer(json => json.WriteStringValue(v))),

        // As a client would who does not know better: the number's value.
        "FP16" => tensor.Values<Half>().Select(static v => Writer(json => Number(json, (float)v, static (json, v) => json.WriteNumberValue(v)))),
        "BF16" => tensor.Values<ushort>().Select(static v => Writer(json => json.WriteNumberValue(v))),
        _ => throw new ArgumentOutOfRangeException(nameof(tensor), tensor.Datatype, null),
    };

    private static Action<Utf8JsonWriter> Writer(Action<Utf8JsonWriter> write) => write;

    private static void Number<T>(Utf8JsonWriter json, T value, Action<Utf8JsonWriter, T> write)
        where T : struct, System.Numerics.IFloatingPointIeee754<T>
    {
        if (T.IsFinite(value))
        {
            write(json, value);
        }
        else
        {
            json.WriteStringValue(T.IsNaN(value) ? "NaN" : value > T.Zero ? "Infinity" : "-Infinity");
        }
    }
}
