using System.Collections.Immutable;

namespace Krewe.Serving.Repository.TextFormat;

/// <summary>Fields in the order of the text.</summary>
internal sealed record TextFormatMessage(ImmutableArray<TextFormatField> Fields, TextFormatPlace Place) : TextFormatValue(Place);

/// <summary>One occurrence of a field; a list gives one per element.</summary>
internal sealed record TextFormatField(string Name, TextFormatValue Value, TextFormatPlace Place);

/// <summary>The value of a field: a scalar or a message.</summary>
internal abstract record TextFormatValue(TextFormatPlace Place);

/// <summary>A string (unescaped), a number (as written, with its sign) or an identifier (an enum value, <c>true</c>, <c>inf</c>).</summary>
internal sealed record TextFormatScalar(TextFormatTokenKind Kind, string Text, TextFormatPlace Place) : TextFormatValue(Place);

/// <summary>A position in the text, counted from 1.</summary>
internal readonly record struct TextFormatPlace(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>The text is not valid protobuf text format; the message begins with the position.</summary>
internal sealed class TextFormatException(TextFormatPlace place, string message) : Exception($"{place}: {message}");
