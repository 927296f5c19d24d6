using System.Collections.Immutable;

namespace Krewe.Serving.Repository.TextFormat;

/// <summary>Fields in the order they were written.</summary>
internal sealed record TextFormatMessage(ImmutableArray<TextFormatField> Fields, TextFormatPlace Place) : TextFormatValue(Place);

/// <summary>A field as often as it occurs: a list gives one for each of its elements.</summary>
internal sealed record TextFormatField(string Name, TextFormatValue Value, TextFormatPlace Place);

/// <summary>The content of a field: a scalar or a message.</summary>
internal abstract record TextFormatValue(TextFormatPlace Place);

/// <summary>A string (unescaped), a number (as written, with its sign) or a word (an enum value, <c>true</c>, <c>inf</c>).</summary>
internal sealed record TextFormatScalar(TextFormatTokenKind Kind, string Text, TextFormatPlace Place) : TextFormatValue(Place);

/// <summary>A place in a text, both parts counted from 1.</summary>
internal readonly record struct TextFormatPlace(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>A text is not in protobuf's text format; the message begins with the place.</summary>
internal sealed class TextFormatException(TextFormatPlace place, string message) : Exception($"{place}: {message}");
