namespace Krewe.Serving.Publishing.Files;

/// <summary>An archive is damaged, or contains what a version's folder must not contain. The message is for the publisher.</summary>
internal sealed class ArchiveException(string message, Exception? innerException = null) : Exception(message, innerException);
