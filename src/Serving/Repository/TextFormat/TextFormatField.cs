namespace Krewe.Serving;

/// <summary>A field as often as it occurs: a list gives one for each of its elements.</summary>
internal sealed record TextFormatField(string Name, TextFormatValue Value, TextFormatPlace Place);
