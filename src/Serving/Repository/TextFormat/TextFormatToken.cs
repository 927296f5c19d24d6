namespace Krewe.Serving.Repository.TextFormat;

/// <summary>One token: an identifier, a number without its sign, an unquoted and unescaped string, or a punctuation mark.</summary>
internal readonly record struct TextFormatToken(TextFormatTokenKind Kind, string Text, TextFormatPlace Place)
{
    public bool Is(char mark) => Kind == TextFormatTokenKind.Mark && Text[0] == mark;

    public override string ToString() => Kind switch
    {
        TextFormatTokenKind.End => "the end of the text",
        TextFormatTokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}

internal enum TextFormatTokenKind
{
    End,
    Word,
    Number,
    String,
    Mark,
}
