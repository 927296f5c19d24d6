namespace Krewe.Serving.Repository.TextFormat;

/// <summary>One token: a word, a number without its sign, a string without quotes and escapes, or a single mark.</summary>
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
