using System.Buffers;
using System.Text;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.TensorJson;

/// <summary>Describes positions in JSON text, for errors only.</summary>
internal static class JsonPlace
{
    private const int MaxShown = 24;

    private static readonly SearchValues<byte> WordEnds = SearchValues.Create(" \t\r\n,:]}["u8);

    /// <summary><c>line 3, byte 17</c>, both counted from 1.</summary>
    public static string Of(ReadOnlySpan<byte> json, int position)
    {
        var before = json[..Math.Min(position, json.Length)];
        return $"line {before.Count((byte)'\n') + 1}, byte {before.Length - before.LastIndexOf((byte)'\n')}";
    }

    /// <summary>Describes the token at a position.</summary>
    public static string Describe(ReadOnlySpan<byte> json, int position)
    {
        var rest = json[Math.Min(position, json.Length)..];
        if (rest.IsEmpty)
        {
            return "the end of the text";
        }

        return rest[0] switch
        {
            (byte)'{' => "an object",
            (byte)'[' => "an array",
            (byte)'"' => "a string",
            (byte)']' or (byte)'}' or (byte)',' or (byte)':' => $"'{(char)rest[0]}'",
            _ => $"'{Word(rest)}'",
        };
    }

    /// <summary>The offset of the first invalid UTF-8.</summary>
    public static int FirstInvalidUtf8(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out var length) != OperationStatus.Done)
            {
                return at;
            }

            at += length;
        }

        return text.Length;
    }

    private static string Word(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAny(WordEnds);
        var whole = end < 0 ? rest : rest[..Math.Max(end, 1)];
        var shown = ErrorText.Quote(Encoding.UTF8.GetString(whole[..Math.Min(whole.Length, MaxShown)]));
        return whole.Length > MaxShown ? shown + "..." : shown;
    }
}
