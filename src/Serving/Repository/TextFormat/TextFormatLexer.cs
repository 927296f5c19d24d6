using System.Text;

namespace Krewe.Serving.Repository.TextFormat;

/// <summary>Tokenizes protobuf's text format.</summary>
internal sealed class TextFormatLexer(string text)
{
    private const string Marks = "{}<>[]:;,-./";
    private int at;
    private int line = 1;
    private int lineStart;

    private TextFormatPlace Place => new(line, at - lineStart + 1);

    private char Current => at < text.Length ? text[at] : '\0';

    /// <summary>The next token; <see cref="TextFormatTokenKind.End"/> at and after the end of the text.</summary>
    public TextFormatToken Next()
    {
        SkipBlanks();
        var place = Place;
        if (at == text.Length)
        {
            return new TextFormatToken(TextFormatTokenKind.End, "", place);
        }

        return Current switch
        {
            '"' or '\'' => new TextFormatToken(TextFormatTokenKind.String, String(), place),
            var c when char.IsAsciiLetter(c) || c == '_' => new TextFormatToken(TextFormatTokenKind.Word, Run(IsWord), place),
            var c when char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Peek())) =>
                new TextFormatToken(TextFormatTokenKind.Number, Number(place), place),
            var c when Marks.Contains(c) => new TextFormatToken(TextFormatTokenKind.Mark, text[at++].ToString(), place),
            _ => throw new TextFormatException(place, "a character that has no meaning here"),
        };
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private char Peek() => at + 1 < text.Length ? text[at + 1] : '\0';

    private void SkipBlanks()
    {
        for (; at < text.Length; at++)
        {
            switch (Current)
            {
                case '\n':
                    (line, lineStart) = (line + 1, at + 1);
                    break;
                case '#':
                    at = text.IndexOf('\n', at) is var end && end < 0 ? text.Length - 1 : end - 1;
                    break;
                case ' ' or '\t' or '\r' or '\v' or '\f':
                    break;
                default:
                    return;
            }
        }
    }

    private string Run(Func<char, bool> belongs)
    {
        var start = at;
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return text[start..at];
    }

    private string Number(TextFormatPlace place)
    {
        var isHex = Current == '0' && Peek() is 'x' or 'X';
        var number = Run(c => IsWord(c) || c == '.');
        if (!isHex && number[^1] is 'e' or 'E' && Current is '+' or '-')
        {
            number += text[at++] + Run(IsWord);
        }

        return TextFormatNumber.IsNumber(number) ? number : throw new TextFormatException(place, $"'{Cut(number)}' is not a number");
    }

    private string String()
    {
        var (quote, start) = (text[at++], Place);
        var bytes = new List<byte>();
        while (Current != quote)
        {
            if (at == text.Length || Current == '\n')
            {
                throw new TextFormatException(start, "this string is not closed on its line");
            }

            Character(bytes);
        }

        at++;
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private void Character(List<byte> bytes)
    {
        if (Current == '\\')
        {
            var place = Place;
            at++;
            Escape(bytes, place);
            return;
        }

        var rune = Rune.TryGetRuneAt(text, at, out var found) ? found : Rune.ReplacementChar;
        at += rune == Rune.ReplacementChar ? 1 : rune.Utf16SequenceLength;
        Append(bytes, rune);
    }

    private void Escape(List<byte> bytes, TextFormatPlace place)
    {
        const string Letters = "abfnrtv\\'\"?", Meanings = "\a\b\f\n\r\t\v\\'\"?";
        var letter = Current;
        if (Letters.IndexOf(letter) is var index && index >= 0)
        {
            at++;
            bytes.Add((byte)Meanings[index]);
        }
        else if (letter is >= '0' and <= '7')
        {
            bytes.Add((byte)Digits(8, 1, 3, place));
        }
        else
        {
            at++;
            switch (letter)
            {
                case 'x' or 'X':
                    bytes.Add((byte)Digits(16, 1, 2, place));
                    break;
                case 'u' or 'U':
                    var count = letter == 'u' ? 4 : 8;
                    var number = Digits(16, count, count, place);
                    Append(bytes, Rune.IsValid(number) ? new Rune(number) : throw new TextFormatException(place, "not a character"));
                    break;
                default:
                    throw new TextFormatException(place, "an unknown escape");
            }
        }
    }

    private int Digits(int radix, int least, int most, TextFormatPlace place)
    {
        var (value, count) = (0, 0);
        for (; count < most && char.IsAsciiHexDigit(Current) && Convert.ToInt32(Current.ToString(), 16) < radix; count++, at++)
        {
            value = unchecked((value * radix) + Convert.ToInt32(Current.ToString(), 16));
        }

        return count >= least ? value : throw new TextFormatException(place, $"an escape with fewer than {least} digits");
    }

    private static void Append(List<byte> bytes, Rune rune)
    {
        Span<byte> encoded = stackalloc byte[4];
        bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
    }

    private static string Cut(string number) => number.Length > 40 ? number[..40] + "..." : number;
}
