using System.Buffers;
using System.Globalization;
using System.Text;

namespace Krewe.Launch.Logging;

/// <summary>
/// Writes control characters, and those that reorder text, as <c>\u001b</c>: a name in a file or a request must not control the terminal
/// that shows it. Line breaks and tabs stay.
/// </summary>
internal sealed class PlainWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    private static readonly SearchValues<char> Controlling = SearchValues.Create(
        [
            .. From('\0', '\b'), .. From('\v', '\u001f'), .. From('\u007f', '\u009f'), '\u061c', '\u200e', '\u200f',
            .. From('\u2028', '\u202e'), .. From('\u2066', '\u2069'), '\ufeff',
        ]);

    public override Encoding Encoding => inner.Encoding;

    /// <summary>Makes everything that this process prints or logs plain.</summary>
    public static void Install()
    {
        Console.SetOut(new PlainWriter(Console.Out));
        Console.SetError(new PlainWriter(Console.Error));
    }

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        for (int at; (at = IndexOfControl(buffer)) >= 0; buffer = buffer[(at + 1)..])
        {
            inner.Write(buffer[..at]);
            inner.Write($"\\u{(int)buffer[at]:x4}");
        }

        inner.Write(buffer);
    }

    public override void Flush() => inner.Flush();

    // Not the carriage return of a line break.
    private static int IndexOfControl(ReadOnlySpan<char> text)
    {
        for (var from = 0; ; from += 2)
        {
            var at = text[from..].IndexOfAny(Controlling);
            if (at < 0 || text[(from += at)..] is not ['\r', '\n', ..])
            {
                return at < 0 ? -1 : from;
            }
        }
    }

    private static IEnumerable<char> From(char first, char last) =>
        Enumerable.Range(first, last - first + 1).Select(static code => (char)code);
}
