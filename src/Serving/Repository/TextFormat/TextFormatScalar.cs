namespace Krewe.Serving;

/// <summary>A string (unescaped), a number (as written, with its sign) or a word (an enum value, <c>true</c>, <c>inf</c>).</summary>
internal sealed record TextFormatScalar(TextFormatTokenKind Kind, string Text, TextFormatPlace Place) : TextFormatValue(Place);
