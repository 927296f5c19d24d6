using System.Collections.Immutable;
using System.Text;

namespace Krewe.Serving.Repository.TextFormat;

/// <summary>Parses protobuf's text format (https://protobuf.dev/reference/protobuf/textformat-spec/) without a schema.</summary>
internal sealed class TextFormatParser
{
    /// <summary>The maximum nesting depth.</summary>
    public const int MaxDepth = 64;

    private readonly TextFormatLexer lexer;
    private TextFormatToken token;
    private int depth;

    private TextFormatParser(string text)
    {
        lexer = new TextFormatLexer(text);
        token = lexer.Next();
    }

    /// <summary>Parses a whole text; throws only <see cref="TextFormatException"/>.</summary>
    public static TextFormatMessage Parse(string text)
    {
        var parser = new TextFormatParser(text);
        var message = parser.Fields(parser.token.Place);
        return parser.token.Kind == TextFormatTokenKind.End ? message : throw parser.Expected("a field name");
    }

    private TextFormatMessage Fields(TextFormatPlace place)
    {
        var fields = ImmutableArray.CreateBuilder<TextFormatField>();
        while (token.Kind == TextFormatTokenKind.Word || token.Is('['))
        {
            Field(fields);
            if (token.Is(',') || token.Is(';'))
            {
                Take();
            }
        }

        return new TextFormatMessage(fields.ToImmutable(), place);
    }

    private void Field(ImmutableArray<TextFormatField>.Builder fields)
    {
        var place = token.Place;
        var name = token.Is('[') ? ExtensionName() : Take().Text;
        if (token.Is('{') || token.Is('<'))
        {
            fields.Add(new TextFormatField(name, Message(), place));
            return;
        }

        // The colon is optional before a list of messages too.
        var hasColon = !token.Is('[');
        if (hasColon)
        {
            Take(':');
        }

        if (!token.Is('['))
        {
            fields.Add(new TextFormatField(name, Value(), place));
            return;
        }

        Take();
        for (var isFirst = true; !token.Is(']'); isFirst = false)
        {
            if (!isFirst)
            {
                Take(',');
            }

            fields.Add(new TextFormatField(name, hasColon ? Value() : Message(), place));
        }

        Take();
    }

    private string ExtensionName()
    {
        var name = new StringBuilder();
        Take();
        while (token.Kind is TextFormatTokenKind.Word or TextFormatTokenKind.Number || token.Is('.') || token.Is('/') || token.Is('-'))
        {
            name.Append(Take().Text);
        }

        Take(']');
        return $"[{name}]";
    }

    private TextFormatValue Value() => token.Is('{') || token.Is('<') ? Message() : Scalar();

    private TextFormatMessage Message()
    {
        if (!token.Is('{') && !token.Is('<'))
        {
            throw Expected("a message, or ':' before the list");
        }

        var open = Take();
        if (++depth > MaxDepth)
        {
            throw new TextFormatException(open.Place, $"nested more than {MaxDepth} deep");
        }

        var message = Fields(open.Place);
        Take(open.Is('{') ? '}' : '>');
        depth--;
        return message;
    }

    private TextFormatScalar Scalar()
    {
        var place = token.Place;
        var sign = token.Is('-') ? Take().Text : "";
        switch (token.Kind)
        {
            case TextFormatTokenKind.String when sign.Length == 0:
                return new TextFormatScalar(TextFormatTokenKind.String, Strings(), place);
            case TextFormatTokenKind.Word or TextFormatTokenKind.Number:
                return new TextFormatScalar(token.Kind, sign + Take().Text, place);
            default:
                throw Expected("a value");
        }
    }

    // Adjacent strings are concatenated.
    private string Strings()
    {
        var text = new StringBuilder();
        while (token.Kind == TextFormatTokenKind.String)
        {
            text.Append(Take().Text);
        }

        return text.ToString();
    }

    private TextFormatToken Take()
    {
        var taken = token;
        token = lexer.Next();
        return taken;
    }

    private void Take(char mark)
    {
        if (!token.Is(mark))
        {
            throw Expected($"'{mark}'");
        }

        Take();
    }

    private TextFormatException Expected(string what) => new(token.Place, $"expected {what}, found {Cut(token.ToString())}");

    private static string Cut(string text) => text.Length > 60 ? text[..60] + "..." : text;
}
