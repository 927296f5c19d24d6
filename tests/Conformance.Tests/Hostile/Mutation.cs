using System.Text;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Damages bytes in the ways that find faults in parsers.</summary>
internal static class Mutation
{
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "\0", "\"", "\\", "\\u", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "true", "false", "-", "-0", "0", "00", "1e", "1e400", "1e-400",
            "NaN", "Infinity", "\"NaN\"", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "4294967296",
            "2147483648", "-1", "1.5", "0.1e1", "[]", "{}", "[[]]", "\"\"", "\"x\"", "//", "/*", "\uFEFF", "\u2028", "é", "🚀",
            "\"data\":", "\"shape\":", "\"datatype\":\"BYTES\"", "\"datatype\":\"FP16\"", "\"parameters\":{\"binary_data_size\":4}",
            "\"inputs\":", "\"outputs\":", "\"timeout\":1", "\"name\":\"x\"", "\"b64\":\"AA==\"", "123456789012345678901234567890",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
    ];

    /// <summary>The bytes after a few changes; sometimes after none.</summary>
    public static byte[] Apply(Dice dice, byte[] bytes)
    {
        var mutated = new List<byte>(bytes);
        for (var count = dice.Below(4); count > 0; count--)
        {
            ApplyOne(dice, mutated);
        }

        return [.. mutated];
    }

    private static void ApplyOne(Dice dice, List<byte> bytes)
    {
        var at = dice.Below(bytes.Count + 1);
        var length = Math.Min(dice.Length(64), bytes.Count - at);
        switch (dice.Below(6))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << dice.Below(8));
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4 when length > 0:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, dice.Pick(Tokens));
                break;
            default:
                bytes.InsertRange(at, dice.Pick(Tokens));
                break;
        }
    }
}
