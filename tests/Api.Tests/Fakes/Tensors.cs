using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Tensors made up for tests.</summary>
internal static class Tensors
{
    /// <summary>The types that have a JSON form.</summary>
    public static TensorType[] JsonTypes { get; } =
        [.. Enum.GetValues<TensorType>().Except([TensorType.Float16, TensorType.BFloat16])];

    /// <summary>A tensor of random type, shape and bits (BOOL and BYTES valid, BYTES of UTF-8).</summary>
    public static Tensor Random(Random random, string name, TensorType type)
    {
        ImmutableArray<long> shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(4))];
        TensorShape.TryCountElements(shape.AsSpan(), out var count);
        return Tensor.Create(name, type, shape, Data(random, type, count));
    }

    private static byte[] Data(Random random, TensorType type, long count)
    {
        if (type == TensorType.Bytes)
        {
            return [.. Enumerable.Range(0, (int)count).SelectMany(_ => Element(Text(random)))];
        }

        var data = new byte[count * type.ElementSize()];
        random.NextBytes(data);
        for (var i = 0; type == TensorType.Bool && i < data.Length; i++)
        {
            data[i] &= 1;
        }

        return data;
    }

    /// <summary>One element of a BYTES tensor.</summary>
    public static byte[] Element(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var element = new byte[utf8.Length + BytesElements.PrefixSize];
        BinaryPrimitives.WriteInt32LittleEndian(element, utf8.Length);
        utf8.CopyTo(element, BytesElements.PrefixSize);
        return element;
    }

    private static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var i = random.Next(12); i > 0; i--)
        {
            text.Append(random.Next(6) switch
            {
                0 => ((char)random.Next(0x20)).ToString(),
                1 => "\"",
                2 => "\\",
                3 => "é漢",
                4 => "😀",
                _ => ((char)random.Next('a', 'z')).ToString(),
            });
        }

        return text.ToString();
    }
}
