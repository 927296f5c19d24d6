using System.Text;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Damages requests.</summary>
internal static class Mutation
{
    private static readonly string[] Pieces =
        ["\"", "\\", "[", "]", "{", "}", ",", ":", "-", "0", "9", "1e999", "null", "true", "\\ud800", "\0", "é", "18446744073709551616", "\"data\":", "\"shape\":[", "-1", " "];

    /// <summary>Changes, takes out, puts in, repeats or cuts off something.</summary>
    public static void Apply(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        var at = random.Next(bytes.Count);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, Math.Min(random.Next(1, 6), bytes.Count - at));
                break;
            case 2:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }
}
