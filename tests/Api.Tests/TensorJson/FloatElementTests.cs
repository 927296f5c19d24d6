using System.Globalization;
using System.Text;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Tests.TensorJson;

/// <summary>Our number scanners against the library's, bit for bit.</summary>
public sealed class FloatElementTests
{
    private const int Cases = 150_000;

    private static readonly string[] Hard =
    [
        "0", "-0", "0.0", "-0.0e5", "1", "-1", "0e0", "0e99999999999999999999", "1e-400", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
        "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623157e308", "1.4e-45", "7.006492321624085e-46",
        "7.006492321624086e-46", "1.1754942e-38", "1.17549435e-38", "3.4028234663852886e38", "3.4028235677973362e38",
        "16777217", "16777216.999999999", "16777217.000000000000000000001", "16777219", "9007199254740993", "9007199254740993.0000000000000001",
        "9007199254740992.99999999999999", "1.00000005960464477539062500", "1.000000059604644775390625000000000000000000000001",
        "1.00000017881393432617187500", "0.000000000000000000000000000000000000000000000000000000000000001", "123456789012345678", "999999999999999999",
        "1234567890123456789", "12345678901234567890123456789", "0.1234567890123456789012345", "8.5e-44", "1e22", "1e23", "1e44", "1e-44", "1e45", "1e-45",
        "1E+5", "1e+05", "6.02214076e23", "0.3", "0.1", "2.5", "9642.470481602225668", "-9642.470481602225668", "99999999.99999999999",
        "100000000000000000000000000000000000000000e-40",
    ];

    [Fact]
    public void Hard_numbers_are_read_as_the_library_reads_them() => Assert.All(Hard, Compare);

    [Fact]
    public void Every_way_to_write_a_random_value_is_read_as_the_library_reads_it()
    {
        var random = Replay.Random();
        for (var i = 0; i < Cases; i++)
        {
            Compare(RandomNumber(random, i));
        }
    }

    [Fact]
    public void Numbers_next_to_half_way_points_are_read_as_the_library_reads_them()
    {
        var random = Replay.Random();
        for (var i = 0; i < Cases / 8; i++)
        {
            // The exact decimal form of the middle between two neighbours, and one digit more or less behind it.
            var low = BitConverter.UInt32BitsToSingle((uint)random.Next(0x0080_0000, 0x7F7F_FFFE));
            var middle = ((double)low + MathF.BitIncrement(low)) / 2;
            var text = middle.ToString("E60", CultureInfo.InvariantCulture);
            var (digits, exponent) = (text[..text.IndexOf('E')], text[text.IndexOf('E')..]);
            Compare(text);
            Compare(digits + "1" + exponent);
            Compare(digits[..17] + exponent);
            Compare(middle.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1.e5")]
    [InlineData("x")]
    [InlineData("nan")]
    [InlineData("--NaN")]
    [InlineData("+Inf")]
    [InlineData("inf")]
    [InlineData("\"Inf")]
    [InlineData("\"NaN")]
    [InlineData("\"nan\"")]
    [InlineData("\"Infinity1\"")]
    [InlineData("1e39")]
    [InlineData("-3.4028236e38")]
    [InlineData("340282356779733661637539395458142568448")]
    [InlineData("1e999999999999")]
    public void An_invalid_float_is_refused(string text)
    {
        var at = 0;
        Assert.False(Float32Element.TryRead(Encoding.ASCII.GetBytes(text), ref at, out _));
    }

    [Theory]
    [InlineData("1e309")]
    [InlineData("-1.7976931348623159e308")]
    [InlineData("1e99999999999999999999")]
    public void An_invalid_double_is_refused(string text)
    {
        var at = 0;
        Assert.False(Float64Element.TryRead(Encoding.ASCII.GetBytes(text), ref at, out _));
    }

    [Theory]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    [InlineData("NaN", double.NaN)]
    [InlineData("Infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("Inf", double.PositiveInfinity)]
    [InlineData("-Inf", double.NegativeInfinity)]
    [InlineData("\"-Inf\"", double.NegativeInfinity)]
    [InlineData("-NaN", double.NaN)]
    public void The_words_for_NaN_and_infinity_are_read(string text, double expected)
    {
        var (json, at, at64) = (Encoding.ASCII.GetBytes(text), 0, 0);
        Assert.True(Float32Element.TryRead(json, ref at, out var single));
        Assert.True(Float64Element.TryRead(json, ref at64, out var real));
        Assert.Equal((float)expected, single);
        Assert.Equal(expected, real);
        Assert.Equal(text.Length, at);
    }

    private static string RandomNumber(Random random, int i)
    {
        var culture = CultureInfo.InvariantCulture;
        var single = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(0, 0xFFFF_FFFFL));
        var real = BitConverter.UInt64BitsToDouble((ulong)random.NextInt64());
        var text = (i % 11) switch
        {
            0 => single.ToString("R", culture),
            1 => ((double)single).ToString("R", culture),
            2 => real.ToString("R", culture),
            3 => random.NextDouble().ToString("R", culture),
            4 => ((float)random.NextDouble()).ToString("R", culture),
            5 => random.NextDouble().ToString($"F{random.Next(1, 30)}", culture),
            6 => $"{random.NextInt64()}e{random.Next(-60, 40)}",
            7 => $"{random.NextInt64()}{random.NextInt64()}.{random.NextInt64()}e{random.Next(-90, 30)}",
            8 => $"0.{new string('0', random.Next(40))}{random.Next()}",
            9 => (random.NextInt64() >> random.Next(63)).ToString(culture) + "." + (random.NextInt64() >> random.Next(63)),
            _ => random.Next(100_000).ToString(culture),
        };
        return double.TryParse(text, culture, out var value) && double.IsFinite(value) ? text : "0";
    }

    private static void Compare(string text)
    {
        foreach (var suffix in (string[])["", ",1.5,2]"])
        {
            var json = Encoding.ASCII.GetBytes(text + suffix);
            var (at32, at64) = (0, 0);
            var expected = float.Parse(text, CultureInfo.InvariantCulture);
            var read = Float32Element.TryRead(json, ref at32, out var single);
            Assert.True(read == float.IsFinite(expected), text);
            Assert.True(!read || (BitConverter.SingleToUInt32Bits(expected) == BitConverter.SingleToUInt32Bits(single) && at32 == text.Length), text);
            Assert.True(Float64Element.TryRead(json, ref at64, out var real), text);
            var expectedReal = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(BitConverter.DoubleToUInt64Bits(expectedReal) == BitConverter.DoubleToUInt64Bits(real) && at64 == text.Length, text);
        }
    }
}
