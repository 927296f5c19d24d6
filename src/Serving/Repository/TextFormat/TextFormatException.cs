namespace Krewe.Serving;

/// <summary>A text is not in protobuf's text format; the message begins with the place.</summary>
internal sealed class TextFormatException(TextFormatPlace place, string message) : Exception($"{place}: {message}");
