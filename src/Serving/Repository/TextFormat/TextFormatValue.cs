namespace Krewe.Serving;

/// <summary>The content of a field: a scalar or a message.</summary>
internal abstract record TextFormatValue(TextFormatPlace Place);
