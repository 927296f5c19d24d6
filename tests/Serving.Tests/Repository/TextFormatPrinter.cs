using System.Text;
using Krewe.Serving.Repository.TextFormat;

namespace Krewe.Serving.Tests.Repository;

/// <summary>Writes what the parser reads.</summary>
internal static class TextFormatPrinter
{
    public static string Print(TextFormatMessage message) =>
        string.Join(' ', message.Fields.Select(field => $"{field.Name}:{Print(field.Value)}"));

    private static string Print(TextFormatValue value) => value switch
    {
        TextFormatMessage message => $"{{{Print(message)}}}",
        TextFormatScalar { Kind: TextFormatTokenKind.String } text => Quote(text.Text),
        TextFormatScalar scalar => scalar.Text,
        _ => throw new ArgumentException("There are no other values.", nameof(value)),
    };

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            quoted.Append(rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                < ' ' => $"\\{Convert.ToString(rune.Value, 8).PadLeft(3, '0')}",
                _ => rune.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
