namespace Krewe.Serving.Repository.Artifacts;

/// <summary>A version's files cannot be served. The message says why, with paths relative to the repository.</summary>
internal sealed class ArtifactException(string message, Exception? innerException = null) : Exception(message, innerException);
