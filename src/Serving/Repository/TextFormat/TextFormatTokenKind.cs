namespace Krewe.Serving;

internal enum TextFormatTokenKind
{
    End,
    Word,
    Number,
    String,
    Mark,
}
