using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Tests.TensorJson;

/// <summary>Arrays of numbers, which are read several at a time, against System.Text.Json.</summary>
public sealed class NumberArrayTests
{
    private const int Arrays = 30_000;

    private static readonly string[] Separators = [",", ", ", ",  ", " ,", ",\n"];

    private static readonly string[] Odd =
    [
        "", "-", "+1", "01", "-01", "00", "00.5", ".5", "5.", "-.5", "-5.", "1..2", "1.2.3", "1-2", "--1", "1 2", "0x1", "1_0", "1e", "é", "\"1\"", "[1]",
        "1234567890123456.", ".1234567890123456", "12345678.12345678.1", "1.2345678901234567.8", "0012345678901234567", "1,", "null", "/1", ":1", "1/", "1:",
    ];

    [Fact]
    public void An_array_has_the_values_and_the_errors_of_its_numbers_one_by_one()
    {
        var random = Replay.Random();
        var refused = 0;
        for (var i = 0; i < Arrays; i++)
        {
            var style = random.Next(8);
            var separator = Separators[random.Next(Separators.Length)];
            var numbers = Enumerable.Range(0, random.Next(1, 120)).Select(_ => Number(random, random.Next(10) == 0 ? random.Next(8) : style)).ToArray();
            if (random.Next(4) == 0)
            {
                numbers[random.Next(numbers.Length)] = Odd[random.Next(Odd.Length)];
                refused++;
            }

            // What stands before it decides whether there is room to read whole vectors.
            var padding = new string(' ', random.Next(60));
            var text = $"{padding}[{string.Join(separator, numbers)}]{(random.Next(2) == 0 ? "" : new string(' ', random.Next(100)))}";
            Compare(text, numbers.Length, TensorType.Float32, static e => float.Parse(e, CultureInfo.InvariantCulture), float.IsFinite);
            Compare(text, numbers.Length, TensorType.Float64, static e => double.Parse(e, CultureInfo.InvariantCulture), double.IsFinite);
            CompareIntegers<sbyte>(text, numbers.Length, TensorType.Int8);
            CompareIntegers<uint>(text, numbers.Length, TensorType.UInt32);
            CompareIntegers<long>(text, numbers.Length, TensorType.Int64);
            CompareIntegers<ulong>(text, numbers.Length, TensorType.UInt64);
        }

        Assert.True(refused > Arrays / 8);
    }

    private static string Number(Random random, int style)
    {
        var culture = CultureInfo.InvariantCulture;
        var gauss = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(6.28 * random.NextDouble());
        return style switch
        {
            0 => gauss.ToString($"F{random.Next(1, 19)}", culture),
            1 => ((float)gauss).ToString("R", culture),
            2 => (gauss * 1000).ToString("R", culture),
            3 => random.Next(-128, 128).ToString(culture),
            4 => random.NextInt64().ToString(culture),
            5 => $"{(random.Next(2) == 0 ? "-" : "")}{random.Next(10)}{(random.Next(2) == 0 ? $".{random.Next()}" : "")}",
            6 => (random.NextInt64() >> random.Next(63)).ToString(culture) + "." + (random.NextInt64() >> random.Next(63)),
            _ => $"{gauss.ToString("R", culture)}e{random.Next(-3, 4)}",
        };
    }

    private static void CompareIntegers<T>(string text, int count, TensorType type)
        where T : unmanaged, IParsable<T> =>
        Compare(text, count, type, static e => e.Contains('.') || e.Contains('e') ? throw new FormatException() : T.Parse(e, CultureInfo.InvariantCulture), static _ => true);

    private static void Compare<T>(string text, int count, TensorType type, Func<string, T> parse, Func<T, bool> fits)
        where T : unmanaged
    {
        T[]? expected;
        try
        {
            using var document = JsonDocument.Parse(text);
            expected = [.. document.RootElement.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number ? parse(e.GetRawText()) : throw new FormatException())];
            expected = expected.Length == count && expected.All(fits) ? expected : null;
        }
        catch (Exception error) when (error is JsonException or FormatException or OverflowException)
        {
            expected = null;
        }

        Assert.True(Matches(expected, text, count, type), $"{type}, {(expected is null ? "refused" : "read")} by the library: '{text}'");
    }

    private static bool Matches<T>(T[]? expected, string text, int count, TensorType type)
        where T : unmanaged
    {
        try
        {
            var cursor = new JsonCursor(Encoding.UTF8.GetBytes(text));
            using var tensor = TensorDataReader.Read(ref cursor, "x", type, [count], count);
            return expected is not null && tensor.Data.Span.SequenceEqual(MemoryMarshal.AsBytes<T>(expected)) && cursor.Peek() == 0;
        }
        catch (KreweException)
        {
            return expected is null;
        }
    }
}
