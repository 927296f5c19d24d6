namespace Krewe.Serving.Publishing.Files;

/// <summary>An archive is damaged, or has what a version's folder cannot have. The message is for whoever made it.</summary>
internal sealed class ArchiveException(string message, Exception? innerException = null) : Exception(message, innerException);
