using System.Collections.Immutable;

namespace Krewe.Serving;

/// <summary>Fields in the order they were written.</summary>
internal sealed record TextFormatMessage(ImmutableArray<TextFormatField> Fields, TextFormatPlace Place) : TextFormatValue(Place);
