using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Writes a tensor's elements as JSON values, by row, and a row in as many calls as the destination's size requires. Floats have the
/// shortest representation that round-trips.
/// </summary>
/// <param name="tensor">The tensor.</param>
/// <param name="bareWords">True to write the words of <see cref="FloatWords"/> without quotes.</param>
internal struct TensorDataWriter(Tensor tensor, bool bareWords)
{
    /// <summary>The minimum space for progress: the longest number has 24 characters, plus a comma.</summary>
    public const int MinSpace = 32;

    private StringDataWriter strings = new(tensor.Data);
    private int rowStart;
    private int rowEnd;
    private int next;

    /// <summary>Starts a row of <paramref name="count"/> elements, separated by commas.</summary>
    public void Begin(long count)
    {
        (rowStart, rowEnd) = (next, next + (int)count);
        strings.Begin(count);
    }

    /// <summary>Throws if the tensor has no JSON form.</summary>
    public static void RefuseWithoutJsonForm(Tensor tensor)
    {
        if (tensor.Type is TensorType.Float16 or TensorType.BFloat16)
        {
            throw KreweException.InvalidInput($"output '{tensor.Name}': {tensor.Type.WireName()} has no JSON form: request it in binary");
        }

        if (tensor.Type != TensorType.Bytes)
        {
            return;
        }

        foreach (var element in new BytesElements(tensor.Data.Span))
        {
            if (!System.Text.Unicode.Utf8.IsValid(element))
            {
                throw KreweException.InvalidInput($"output '{tensor.Name}' holds bytes that are not UTF-8: request it in binary");
            }
        }
    }

    /// <summary>Writes what fits; true once the row is complete.</summary>
    public bool Write(Span<byte> destination, out int written) => tensor.Type switch
    {
        TensorType.Bool => WriteBooleans(destination, out written),
        TensorType.UInt8 => WriteNumbers<byte>(destination, out written),
        TensorType.UInt16 => WriteNumbers<ushort>(destination, out written),
        TensorType.UInt32 => WriteNumbers<uint>(destination, out written),
        TensorType.UInt64 => WriteNumbers<ulong>(destination, out written),
        TensorType.Int8 => WriteNumbers<sbyte>(destination, out written),
        TensorType.Int16 => WriteNumbers<short>(destination, out written),
        TensorType.Int32 => WriteNumbers<int>(destination, out written),
        TensorType.Int64 => WriteNumbers<long>(destination, out written),
        TensorType.Float32 => WriteNumbers<float>(destination, out written),
        TensorType.Float64 => WriteNumbers<double>(destination, out written),
        TensorType.Bytes => strings.Write(destination, out written),
        _ => throw new InvalidOperationException($"{tensor.Type} has no JSON form"),
    };

    private bool WriteNumbers<T>(Span<byte> destination, out int written)
        where T : unmanaged, IUtf8SpanFormattable
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.Data.Span)[..rowEnd];
        var at = 0;
        var i = next;
        while (i < values.Length && destination.Length - at >= MinSpace)
        {
            if (i > rowStart)
            {
                destination[at++] = (byte)',';
            }

            at += WriteNumber(values[i++], destination[at..]);
        }

        next = i;
        written = at;
        return i == values.Length;
    }

    private readonly int WriteNumber<T>(T value, Span<byte> destination)
        where T : unmanaged, IUtf8SpanFormattable
    {
        if (typeof(T) == typeof(float) && !float.IsFinite((float)(object)value))
        {
            return WriteWord((float)(object)value, destination);
        }

        if (typeof(T) == typeof(double) && !double.IsFinite((double)(object)value))
        {
            return WriteWord((double)(object)value, destination);
        }

        value.TryFormat(destination, out var length, default, CultureInfo.InvariantCulture);
        return length;
    }

    private readonly int WriteWord(double value, Span<byte> destination)
    {
        var quoted = double.IsNaN(value) ? FloatWords.NaN : value > 0 ? FloatWords.Infinity : FloatWords.NegativeInfinity;
        var word = bareWords ? FloatWords.Bare(quoted) : quoted;
        word.CopyTo(destination);
        return word.Length;
    }

    private bool WriteBooleans(Span<byte> destination, out int written)
    {
        var values = tensor.Data.Span[..rowEnd];
        for (written = 0; next < values.Length && destination.Length - written >= MinSpace; next++)
        {
            if (next > rowStart)
            {
                destination[written++] = (byte)',';
            }

            var word = values[next] != 0 ? "true"u8 : "false"u8;
            word.CopyTo(destination[written..]);
            written += word.Length;
        }

        return next == values.Length;
    }
}
